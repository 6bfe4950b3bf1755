import type { RuleFields } from '../../../../api/answers.ts';

/** A shop with orders, as the server tells of it. */
export const shop: RuleFields = {
  attributes: [
    { name: 'country', type: 'text' },
    { name: 'age', type: 'integer' },
    { name: 'born', type: 'date' },
    { name: 'consent', type: 'boolean' },
    { name: 'interests', type: 'texts' },
  ],
  tables: [
    { source: 'crm', unified: true, columns: [{ name: 'id', type: 'text' }] },
    {
      source: 'orders',
      unified: false,
      columns: [
        { name: 'total', type: 'number' },
        { name: 'order_no', type: 'text' },
        { name: 'ordered_at', type: 'date' },
      ],
    },
    { source: 'lines', unified: false, columns: [{ name: 'sku', type: 'text' }] },
  ],
  relationships: [
    { id: 'crm_orders', name: 'Orders', from: 'orders.customer', to: 'crm.id' },
    { id: 'order_lines', name: 'Lines', from: 'lines.order_no', to: 'orders.order_no' },
  ],
  segments: [{ id: 'vip', name: 'VIP' }],
};
