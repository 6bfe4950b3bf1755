// Written by "npm run api-types" from the document at /docs; do not edit.
export interface paths {
  '/api/v1/about': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Which version this is, and since when it runs.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              node: string;
              /** Format: date-time */
              startedAt: string;
              version: string;
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/alerts': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Whom failures, brakes and recoveries are told.
     * @description Needs `schedule.edit`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                id: string;
                /** @enum {string} */
                kind: 'email' | 'slack' | 'webhook';
                lastProblem?: string;
                /** Format: date-time */
                lastSentAt?: string;
                name: string;
                shown: string;
                /** Format: date-time */
                updatedAt: string;
              }[];
            };
          };
        };
      };
    };
    put?: never;
    /**
     * One more channel; its address is kept sealed.
     * @description Needs `schedule.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            name: string;
            target:
              | {
                  /** @enum {string} */
                  kind: 'email';
                  /** @description Who gets the mail. */
                  to: string[];
                }
              | {
                  /** @enum {string} */
                  kind: 'slack';
                  /**
                   * Format: uri
                   * @description An incoming webhook of Slack, or of what takes the same.
                   */
                  url: string;
                }
              | {
                  /** @enum {string} */
                  kind: 'webhook';
                  /** @description Signs each call: X-Postrider-Signature: t=…,v1=HMAC-SHA256 of "t.body". */
                  secret: string;
                  /** Format: uri */
                  url: string;
                };
          };
        };
      };
      responses: {
        /** @description Default Response */
        201: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              id: string;
              /** @enum {string} */
              kind: 'email' | 'slack' | 'webhook';
              lastProblem?: string;
              /** Format: date-time */
              lastSentAt?: string;
              name: string;
              shown: string;
              /** Format: date-time */
              updatedAt: string;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/alerts/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * Takes a channel away.
     * @description Needs `schedule.edit`.
     */
    delete: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        204: {
          headers: {
            [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/alerts/{id}/test': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Sends one that says it is a test.
     * @description Needs `schedule.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        204: {
          headers: {
            [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/audiences': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What is known of each audience; asks nobody.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: ({
                audience: string;
                connection: string;
              } & {
                [key: string]: unknown;
              })[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/audit': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The newest entries first.
     * @description Needs `audit.read`.
     */
    get: {
      parameters: {
        query?: {
          /** @description An action, or what it begins with up to a point. */
          action?: string;
          /** @description `next` of the page before. */
          cursor?: string;
          /** @description At most so many. */
          limit?: number;
          since?: unknown;
          subject?: string;
          until?: unknown;
          who?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                action: string;
                /** Format: date-time */
                at: string;
                detail: {
                  [key: string]: unknown;
                };
                id: number;
                subject: string;
                who: string;
              }[];
              /** @description Give it as `cursor` for what follows; absent at the end. */
              next?: string;
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/audit.csv': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * All of them as CSV.
     * @description Needs `audit.read`.
     */
    get: {
      parameters: {
        query?: {
          /** @description An action, or what it begins with up to a point. */
          action?: string;
          since?: unknown;
          subject?: string;
          until?: unknown;
          who?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description All of them as CSV. */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'text/csv': string;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/backup.tar': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Everything that would be missed, without the secret key; to be restored at the machine.
     * @description Needs `backup`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Everything that would be missed, without the secret key; to be restored at the machine. */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/x-tar': string;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/computed': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * All of them, in their order.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                /** Format: date-time */
                createdAt: string;
                etag: string;
                id: string;
                kind: string;
                name: string;
                settings: {
                  [key: string]: unknown;
                };
                /** Format: date-time */
                updatedAt: string;
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/computed/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Its settings, to edit them.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              /** Format: date-time */
              createdAt: string;
              etag: string;
              id: string;
              kind: string;
              name: string;
              settings: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              updatedAt: string;
            };
          };
        };
      };
    };
    /**
     * Saves it; saving sends nothing. `If-Match` with its etag, or `If-None-Match: *` for a new one.
     * @description Needs `unify.edit`.
     */
    put: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /**
             * @description The day from which "within last" and the like count.
             * @default now
             */
            asOf?:
              | 'now'
              | string
              | {
                  /** @description Source and column, as in "orders.ordered_at". */
                  newest: string;
                };
            /** @description With "first" and "last": the column of numbers, dates or times that orders the rows. */
            by?: string;
            /** @description The column it is made of; "count" has none. */
            column?: string;
            /**
             * @description What to make of these rows.
             * @enum {string}
             */
            function: 'count' | 'countDistinct' | 'sum' | 'average' | 'min' | 'max' | 'first' | 'last';
            /** @description What people see; the id when absent. */
            name?: string;
            /** @description The id of a relationship: its rows, those of one person at a time. */
            of: string;
            where?: components['schemas']['RuleGroupInput'];
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              changed: boolean;
              /** Format: date-time */
              createdAt: string;
              etag: string;
              id: string;
              kind: string;
              name: string;
              settings: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              updatedAt: string;
              warnings: string[];
            };
          };
        };
      };
    };
    post?: never;
    /**
     * Removes it, unless something speaks of it.
     * @description Needs `unify.edit`.
     */
    delete: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        204: {
          headers: {
            [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/connections': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * All of them, without their secrets.
     * @description Needs `connections.edit`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                connectedBy: ('apiKey' | 'oauth' | 'reference') | null;
                consent: {
                  agreedBy: string;
                  date: string;
                  text: string;
                };
                /** Format: date-time */
                createdAt: string;
                createdBy: string | null;
                etag: string;
                exportUser: string | null;
                id: string;
                name: string;
                sharedWith: string[];
                type: string;
                /** Format: date-time */
                updatedAt: string;
                usedBy: string[];
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/connections/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * One of them.
     * @description Needs `connections.edit`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              connectedBy: ('apiKey' | 'oauth' | 'reference') | null;
              consent: {
                agreedBy: string;
                date: string;
                text: string;
              };
              /** Format: date-time */
              createdAt: string;
              createdBy: string | null;
              etag: string;
              exportUser: string | null;
              id: string;
              name: string;
              sharedWith: string[];
              type: string;
              /** Format: date-time */
              updatedAt: string;
              usedBy: string[];
            };
          };
        };
      };
    };
    /**
     * Saves it: a display name, who may use it, "I agree", and one way in.
     * @description Needs `connections.edit`.
     */
    put: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            apiKey?: string;
            apiKeyFrom?:
              | {
                  env: string;
                }
              | {
                  file: string;
                };
            consent?: {
              agree: boolean;
              text: string;
            };
            /** @description Add yourself as export user. */
            exportUser?: boolean;
            /** @description Says what it is for and where it leads; unique. */
            name: string;
            /**
             * @description Beside administrators, who always may.
             * @default []
             */
            sharedWith?: ('administrators' | 'contributors')[];
            /** @description A sign-in with Mailchimp that went well. */
            signIn?: string;
            /** @enum {string} */
            type: 'mailchimp';
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              connectedBy: ('apiKey' | 'oauth' | 'reference') | null;
              consent: {
                agreedBy: string;
                date: string;
                text: string;
              };
              /** Format: date-time */
              createdAt: string;
              createdBy: string | null;
              etag: string;
              exportUser: string | null;
              id: string;
              name: string;
              sharedWith: string[];
              type: string;
              /** Format: date-time */
              updatedAt: string;
              usedBy: string[];
            };
          };
        };
      };
    };
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/connections/{id}/audiences/{audience}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The fields and tags of an audience, or that the account does not have it.
     * @description Needs `exports.edit`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          audience: string;
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              doubleOptIn: boolean;
              fields: {
                name: string;
                options: {
                  [key: string]: unknown;
                };
                required: boolean;
                tag: string;
                type: string;
              }[];
              id: string;
              marketingPermissions: boolean;
              name: string;
              tags: {
                id: number;
                name: string;
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/connections/{id}/export-user': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * I take over: runs of exports are in my name from now on.
     * @description Needs `connections.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              connectedBy: ('apiKey' | 'oauth' | 'reference') | null;
              consent: {
                agreedBy: string;
                date: string;
                text: string;
              };
              /** Format: date-time */
              createdAt: string;
              createdBy: string | null;
              etag: string;
              exportUser: string | null;
              id: string;
              name: string;
              sharedWith: string[];
              type: string;
              /** Format: date-time */
              updatedAt: string;
              usedBy: string[];
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/connections/{id}/remove': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Removes it, and says for each export that uses it what becomes of that.
     * @description Needs `connections.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** @default {} */
            exports?: {
              [key: string]: 'detach' | 'remove';
            };
          };
        };
      };
      responses: {
        /** @description Default Response */
        204: {
          headers: {
            [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/connections/{id}/test': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Asks Mailchimp whom it lets in, and to which audiences.
     * @description Needs `exports.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              account: {
                id: string;
                name: string;
              };
              audiences: {
                contacts: number;
                id: string;
                name: string;
              }[];
              login?: string;
              role: string;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/connections/pickable': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Those that I may use, for the Mailchimp section of an export.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                id: string;
                name: string;
                type: string;
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/consent-text': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What one agrees to who saves a connection.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: {
          language?: 'en' | 'ro';
          version?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              points: string[];
              title: string;
              version: string;
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/doctor': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Looks at everything a run depends on; changes nothing.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                about: string;
                hint?: string;
                says: string;
                /** @enum {string} */
                verdict: 'good' | 'doubtful' | 'bad';
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/exports': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Every export, with what I may do and how its own last run ended.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                audience: string;
                connection: {
                  id: string;
                  name: string;
                } | null;
                etag: string;
                id: string;
                last: {
                  /** Format: date-time */
                  at: string;
                  problem:
                    | ({
                        code: string;
                        message: string;
                      } & {
                        [key: string]: unknown;
                      })
                    | null;
                  requestedBy: string;
                  run: string | null;
                  seconds: number | null;
                  status: string;
                } | null;
                name: string;
                next: string | null;
                paused: {
                  /** Format: date-time */
                  at: string;
                  by: string;
                  reason: string;
                } | null;
                permissions: {
                  edit: boolean;
                  look: boolean;
                  lookAtPeople: boolean;
                  run: boolean;
                };
                /** @enum {string} */
                schedule: 'refresh' | 'off' | 'own';
                segments: string[];
                task: {
                  attempt: number;
                  /** Format: date-time */
                  cancelAt?: string;
                  /** Format: date-time */
                  createdAt: string;
                  /** Format: date-time */
                  finishedAt?: string;
                  id: string;
                  /** @enum {string} */
                  kind: 'refresh' | 'plan' | 'run' | 'release' | 'undo' | 'segment';
                  problem?: {
                    code: string;
                    hint?: string;
                    kind: string;
                    message: string;
                    retry: string;
                  };
                  progress: {
                    done?: number;
                    sentence?: string;
                    stage?: string;
                    total?: number;
                    what?: string;
                  };
                  request: {
                    [key: string]: unknown;
                  };
                  requestedBy: string;
                  result?: {
                    [key: string]: unknown;
                  };
                  /** Format: date-time */
                  startedAt?: string;
                  /** @enum {string} */
                  status:
                    | 'queued'
                    | 'running'
                    | 'retrying'
                    | 'succeeded'
                    | 'warnings'
                    | 'stopped'
                    | 'skipped'
                    | 'cancelled'
                    | 'failed';
                  subject: string;
                  user: string;
                } | null;
                /** Format: date-time */
                updatedAt: string;
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/exports/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * One of them.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              audience: string;
              connection: {
                id: string;
                name: string;
              } | null;
              etag: string;
              id: string;
              last: {
                /** Format: date-time */
                at: string;
                problem:
                  | ({
                      code: string;
                      message: string;
                    } & {
                      [key: string]: unknown;
                    })
                  | null;
                requestedBy: string;
                run: string | null;
                seconds: number | null;
                status: string;
              } | null;
              name: string;
              next: string | null;
              paused: {
                /** Format: date-time */
                at: string;
                by: string;
                reason: string;
              } | null;
              permissions: {
                edit: boolean;
                look: boolean;
                lookAtPeople: boolean;
                run: boolean;
              };
              /** @enum {string} */
              schedule: 'refresh' | 'off' | 'own';
              segments: string[];
              task: {
                attempt: number;
                /** Format: date-time */
                cancelAt?: string;
                /** Format: date-time */
                createdAt: string;
                /** Format: date-time */
                finishedAt?: string;
                id: string;
                /** @enum {string} */
                kind: 'refresh' | 'plan' | 'run' | 'release' | 'undo' | 'segment';
                problem?: {
                  code: string;
                  hint?: string;
                  kind: string;
                  message: string;
                  retry: string;
                };
                progress: {
                  done?: number;
                  sentence?: string;
                  stage?: string;
                  total?: number;
                  what?: string;
                };
                request: {
                  [key: string]: unknown;
                };
                requestedBy: string;
                result?: {
                  [key: string]: unknown;
                };
                /** Format: date-time */
                startedAt?: string;
                /** @enum {string} */
                status:
                  | 'queued'
                  | 'running'
                  | 'retrying'
                  | 'succeeded'
                  | 'warnings'
                  | 'stopped'
                  | 'skipped'
                  | 'cancelled'
                  | 'failed';
                subject: string;
                user: string;
              } | null;
              /** Format: date-time */
              updatedAt: string;
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    /**
     * Removes it; its contacts stay in the audience, its tags unless `withdrawTags`.
     * @description Needs `exports.edit`.
     */
    delete: {
      parameters: {
        query?: {
          withdrawTags?: string;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              cancelled: {
                reached: {
                  notSent: number;
                  people: number;
                  reached: number;
                };
                run: {
                  alerts?: {
                    code: string;
                    people: number;
                    share: number;
                    text: string;
                  }[];
                  brake?:
                    | ({
                        code: string;
                        message: string;
                      } & {
                        [key: string]: unknown;
                      })
                    | null;
                  changes?: {
                    archive: number;
                    fields: number;
                    moves?: number;
                    tag: number;
                    untag: number;
                  };
                  /** @description Contacts that count for the bill: now, and when all new ones are in. */
                  contacts?: {
                    account: {
                      after: number;
                      now: number;
                    };
                    audience: {
                      after: number;
                      now: number;
                    };
                    limit: number | null;
                  };
                  export: string;
                  failure?:
                    | ({
                        code: string;
                        hint?: string;
                        message: string;
                      } & {
                        [key: string]: unknown;
                      })
                    | null;
                  fieldProblems?: {
                    field: string;
                    kind: string;
                    people: number;
                    rejects: boolean;
                    share: number;
                    what: string;
                  }[];
                  finishedAt: string | null;
                  /** @enum {string} */
                  kind?: 'export' | 'undo' | 'withdraw';
                  limit?: number | null;
                  madeAt: string;
                  newFields?: ({
                    name: string;
                    tag: string;
                    type: string;
                  } & {
                    [key: string]: unknown;
                  })[];
                  people: {
                    add: number;
                    desired: number;
                    failed: {
                      [key: string]: number;
                    };
                    keptOut: {
                      [key: string]: number;
                    };
                    leave: number;
                    rejected: {
                      [key: string]: number;
                    };
                    unchanged: number;
                    update: number;
                  };
                  release?: {
                    at: string;
                    by: string;
                    why: string;
                  } | null;
                  requestedBy: string;
                  requests?: number;
                  retries?: number;
                  run: string;
                  seconds?: number;
                  startedAt: string | null;
                  /** @enum {string} */
                  status: 'planned' | 'stopped' | 'running' | 'succeeded' | 'failed' | 'cancelled';
                  /** @description When its people were removed because of their age. */
                  trimmedAt?: string;
                  /** @description Of an undo: the run that it takes back. */
                  undoes?: string;
                  warnings: string[];
                } & {
                  [key: string]: unknown;
                };
              } | null;
              export: string;
              people: number;
              removed: boolean;
              tagsLeft: number;
              withdrawn:
                | ({
                    alerts?: {
                      code: string;
                      people: number;
                      share: number;
                      text: string;
                    }[];
                    brake?:
                      | ({
                          code: string;
                          message: string;
                        } & {
                          [key: string]: unknown;
                        })
                      | null;
                    changes?: {
                      archive: number;
                      fields: number;
                      moves?: number;
                      tag: number;
                      untag: number;
                    };
                    /** @description Contacts that count for the bill: now, and when all new ones are in. */
                    contacts?: {
                      account: {
                        after: number;
                        now: number;
                      };
                      audience: {
                        after: number;
                        now: number;
                      };
                      limit: number | null;
                    };
                    export: string;
                    failure?:
                      | ({
                          code: string;
                          hint?: string;
                          message: string;
                        } & {
                          [key: string]: unknown;
                        })
                      | null;
                    fieldProblems?: {
                      field: string;
                      kind: string;
                      people: number;
                      rejects: boolean;
                      share: number;
                      what: string;
                    }[];
                    finishedAt: string | null;
                    /** @enum {string} */
                    kind?: 'export' | 'undo' | 'withdraw';
                    limit?: number | null;
                    madeAt: string;
                    newFields?: ({
                      name: string;
                      tag: string;
                      type: string;
                    } & {
                      [key: string]: unknown;
                    })[];
                    people: {
                      add: number;
                      desired: number;
                      failed: {
                        [key: string]: number;
                      };
                      keptOut: {
                        [key: string]: number;
                      };
                      leave: number;
                      rejected: {
                        [key: string]: number;
                      };
                      unchanged: number;
                      update: number;
                    };
                    release?: {
                      at: string;
                      by: string;
                      why: string;
                    } | null;
                    requestedBy: string;
                    requests?: number;
                    retries?: number;
                    run: string;
                    seconds?: number;
                    startedAt: string | null;
                    /** @enum {string} */
                    status: 'planned' | 'stopped' | 'running' | 'succeeded' | 'failed' | 'cancelled';
                    /** @description When its people were removed because of their age. */
                    trimmedAt?: string;
                    /** @description Of an undo: the run that it takes back. */
                    undoes?: string;
                    warnings: string[];
                  } & {
                    [key: string]: unknown;
                  })
                | null;
            };
          };
        };
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/exports/{id}/detach': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Takes its connection away; all the rest stays, and nothing runs.
     * @description Needs `exports.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              cancelled: {
                reached: {
                  notSent: number;
                  people: number;
                  reached: number;
                };
                run: {
                  alerts?: {
                    code: string;
                    people: number;
                    share: number;
                    text: string;
                  }[];
                  brake?:
                    | ({
                        code: string;
                        message: string;
                      } & {
                        [key: string]: unknown;
                      })
                    | null;
                  changes?: {
                    archive: number;
                    fields: number;
                    moves?: number;
                    tag: number;
                    untag: number;
                  };
                  /** @description Contacts that count for the bill: now, and when all new ones are in. */
                  contacts?: {
                    account: {
                      after: number;
                      now: number;
                    };
                    audience: {
                      after: number;
                      now: number;
                    };
                    limit: number | null;
                  };
                  export: string;
                  failure?:
                    | ({
                        code: string;
                        hint?: string;
                        message: string;
                      } & {
                        [key: string]: unknown;
                      })
                    | null;
                  fieldProblems?: {
                    field: string;
                    kind: string;
                    people: number;
                    rejects: boolean;
                    share: number;
                    what: string;
                  }[];
                  finishedAt: string | null;
                  /** @enum {string} */
                  kind?: 'export' | 'undo' | 'withdraw';
                  limit?: number | null;
                  madeAt: string;
                  newFields?: ({
                    name: string;
                    tag: string;
                    type: string;
                  } & {
                    [key: string]: unknown;
                  })[];
                  people: {
                    add: number;
                    desired: number;
                    failed: {
                      [key: string]: number;
                    };
                    keptOut: {
                      [key: string]: number;
                    };
                    leave: number;
                    rejected: {
                      [key: string]: number;
                    };
                    unchanged: number;
                    update: number;
                  };
                  release?: {
                    at: string;
                    by: string;
                    why: string;
                  } | null;
                  requestedBy: string;
                  requests?: number;
                  retries?: number;
                  run: string;
                  seconds?: number;
                  startedAt: string | null;
                  /** @enum {string} */
                  status: 'planned' | 'stopped' | 'running' | 'succeeded' | 'failed' | 'cancelled';
                  /** @description When its people were removed because of their age. */
                  trimmedAt?: string;
                  /** @description Of an undo: the run that it takes back. */
                  undoes?: string;
                  warnings: string[];
                } & {
                  [key: string]: unknown;
                };
              } | null;
              export: string;
              people: number;
              tagsLeft: number;
              withdrawn:
                | ({
                    alerts?: {
                      code: string;
                      people: number;
                      share: number;
                      text: string;
                    }[];
                    brake?:
                      | ({
                          code: string;
                          message: string;
                        } & {
                          [key: string]: unknown;
                        })
                      | null;
                    changes?: {
                      archive: number;
                      fields: number;
                      moves?: number;
                      tag: number;
                      untag: number;
                    };
                    /** @description Contacts that count for the bill: now, and when all new ones are in. */
                    contacts?: {
                      account: {
                        after: number;
                        now: number;
                      };
                      audience: {
                        after: number;
                        now: number;
                      };
                      limit: number | null;
                    };
                    export: string;
                    failure?:
                      | ({
                          code: string;
                          hint?: string;
                          message: string;
                        } & {
                          [key: string]: unknown;
                        })
                      | null;
                    fieldProblems?: {
                      field: string;
                      kind: string;
                      people: number;
                      rejects: boolean;
                      share: number;
                      what: string;
                    }[];
                    finishedAt: string | null;
                    /** @enum {string} */
                    kind?: 'export' | 'undo' | 'withdraw';
                    limit?: number | null;
                    madeAt: string;
                    newFields?: ({
                      name: string;
                      tag: string;
                      type: string;
                    } & {
                      [key: string]: unknown;
                    })[];
                    people: {
                      add: number;
                      desired: number;
                      failed: {
                        [key: string]: number;
                      };
                      keptOut: {
                        [key: string]: number;
                      };
                      leave: number;
                      rejected: {
                        [key: string]: number;
                      };
                      unchanged: number;
                      update: number;
                    };
                    release?: {
                      at: string;
                      by: string;
                      why: string;
                    } | null;
                    requestedBy: string;
                    requests?: number;
                    retries?: number;
                    run: string;
                    seconds?: number;
                    startedAt: string | null;
                    /** @enum {string} */
                    status: 'planned' | 'stopped' | 'running' | 'succeeded' | 'failed' | 'cancelled';
                    /** @description When its people were removed because of their age. */
                    trimmedAt?: string;
                    /** @description Of an undo: the run that it takes back. */
                    undoes?: string;
                    warnings: string[];
                  } & {
                    [key: string]: unknown;
                  })
                | null;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/exports/{id}/duplicate': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * A second one with the same choices, without a connection and on demand only.
     * @description Needs `exports.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            as: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        201: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              changed: boolean;
              /** Format: date-time */
              createdAt: string;
              etag: string;
              id: string;
              kind: string;
              name: string;
              settings: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              updatedAt: string;
              warnings: string[];
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/exports/{id}/pause': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Stops it until it is resumed; `*` stops all of them.
     * @description Needs `exports.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** @default  */
            why?: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        204: {
          headers: {
            [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/exports/{id}/plan': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Makes a plan in its turn; sends nothing.
     * @description Needs `exports.run`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            limit?: number;
          };
        };
      };
      responses: {
        /** @description Default Response */
        202: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              attempt: number;
              /** Format: date-time */
              cancelAt?: string;
              /** Format: date-time */
              createdAt: string;
              /** Format: date-time */
              finishedAt?: string;
              id: string;
              /** @enum {string} */
              kind: 'refresh' | 'plan' | 'run' | 'release' | 'undo' | 'segment';
              problem?: {
                code: string;
                hint?: string;
                kind: string;
                message: string;
                retry: string;
              };
              progress: {
                done?: number;
                sentence?: string;
                stage?: string;
                total?: number;
                what?: string;
              };
              request: {
                [key: string]: unknown;
              };
              requestedBy: string;
              result?: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              startedAt?: string;
              /** @enum {string} */
              status:
                | 'queued'
                | 'running'
                | 'retrying'
                | 'succeeded'
                | 'warnings'
                | 'stopped'
                | 'skipped'
                | 'cancelled'
                | 'failed';
              subject: string;
              user: string;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/exports/{id}/processing': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Which data of people it hands over, on whose word, and when it did.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              audience: string;
              connection: {
                id: string;
                name: string;
              } | null;
              consent: {
                agreedBy: string;
                date: string;
                text: string;
              } | null;
              export: string;
              fields: {
                attribute: string;
                field: string;
                sensitive: boolean;
              }[];
              name: string;
              runs: {
                /** Format: date-time */
                at: string;
                by: string;
                people: number;
                run: string;
                status: string;
              }[];
              segments: {
                name: string;
                segment: string;
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/exports/{id}/resume': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Lets it run again.
     * @description Needs `exports.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              wasPaused: boolean;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/exports/{id}/run': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Runs it in its turn: a stored plan, a canary of so many people, or what is wanted now.
     * @description Needs `exports.run`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            limit?: number;
            plan?: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        202: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              attempt: number;
              /** Format: date-time */
              cancelAt?: string;
              /** Format: date-time */
              createdAt: string;
              /** Format: date-time */
              finishedAt?: string;
              id: string;
              /** @enum {string} */
              kind: 'refresh' | 'plan' | 'run' | 'release' | 'undo' | 'segment';
              problem?: {
                code: string;
                hint?: string;
                kind: string;
                message: string;
                retry: string;
              };
              progress: {
                done?: number;
                sentence?: string;
                stage?: string;
                total?: number;
                what?: string;
              };
              request: {
                [key: string]: unknown;
              };
              requestedBy: string;
              result?: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              startedAt?: string;
              /** @enum {string} */
              status:
                | 'queued'
                | 'running'
                | 'retrying'
                | 'succeeded'
                | 'warnings'
                | 'stopped'
                | 'skipped'
                | 'cancelled'
                | 'failed';
              subject: string;
              user: string;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/exports/{id}/settings': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Its settings, to edit them.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              /** Format: date-time */
              createdAt: string;
              etag: string;
              id: string;
              kind: string;
              name: string;
              settings: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              updatedAt: string;
            };
          };
        };
      };
    };
    /**
     * Saves it; saving sends nothing. `If-Match` with its etag, or `If-None-Match: *` for a new one.
     * @description Needs `exports.edit`.
     */
    put: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /**
             * @description Tags that exist in the audience already and may be used; only those we give are ever taken away.
             * @default []
             */
            adoptTags?: string[];
            /**
             * @description Merge field of the audience ← profile attribute, as in FNAME: first_name.
             * @default {}
             */
            attributes?: {
              [key: string]:
                | string
                | {
                    /**
                     * @description "erase" takes back what this export wrote, once the profile has nothing.
                     * @default keep
                     * @enum {string}
                     */
                    blank?: 'keep' | 'erase';
                    /** @description Makes the merge field, of this type, where the audience has none. */
                    create?:
                      | (
                          | 'text'
                          | 'number'
                          | 'phone'
                          | 'date'
                          | 'url'
                          | 'imageurl'
                          | 'radio'
                          | 'dropdown'
                          | 'birthday'
                          | 'zip'
                          | 'address'
                        )
                      | {
                          /** @description Of radio and dropdown fields. */
                          choices?: string[];
                          /** @description What people see in Mailchimp; the tag when absent. */
                          name?: string;
                          /**
                           * @description The type of the field.
                           * @enum {string}
                           */
                          type:
                            | 'text'
                            | 'number'
                            | 'phone'
                            | 'date'
                            | 'url'
                            | 'imageurl'
                            | 'radio'
                            | 'dropdown'
                            | 'birthday'
                            | 'zip'
                            | 'address';
                        };
                    /** @description The attribute, or those of an address. */
                    from:
                      | string
                      | {
                          /** @description Street and number. */
                          addr1: string;
                          /** @description A second line. */
                          addr2?: string;
                          /** @description Town. */
                          city: string;
                          /** @description Two letters; absent: the audience’s own. */
                          country?: string;
                          /** @description State, province or county. */
                          state: string;
                          /** @description Postal code. */
                          zip: string;
                        };
                    /**
                     * @description What a value does that the field cannot take: keep its person out of the run, or only itself.
                     * @default reject
                     * @enum {string}
                     */
                    invalid?: 'reject' | 'skip';
                    /**
                     * @description "ifEmpty" writes only where the audience holds nothing, and so never a second time.
                     * @default overwrite
                     * @enum {string}
                     */
                    write?: 'overwrite' | 'ifEmpty';
                  };
            };
            /** @description The Mailchimp audience ID, quoted. */
            audience: string;
            /** @description The id of the connection to send through; null: detached, and nothing is sent until it has one. */
            connection: string | null;
            /** @description New people are sent only where they consented. Those in the audience already are not asked again. */
            consent?: {
              /** @description The IP address they said it from; sent as ip_opt. */
              address?: string;
              /** @description The attribute that says yes: true, 1, yes, y or da. */
              field: string;
              /** @description When they said so; sent as timestamp_opt. */
              time?: string;
            };
            /**
             * @description Whom to leave out: the people of any of these segments.
             * @default []
             */
            exclude?: string[];
            /** @description The attribute with the language, as Mailchimp’s two letters: ro, en, pt_PT. */
            language?:
              | string
              | {
                  /** @description The attribute. */
                  from: string;
                  /**
                   * @description What a value does that the field cannot take: keep its person out of the run, or only itself.
                   * @default reject
                   * @enum {string}
                   */
                  invalid?: 'reject' | 'skip';
                  /**
                   * @description "ifEmpty" writes only where the audience holds nothing, and so never a second time.
                   * @default overwrite
                   * @enum {string}
                   */
                  write?: 'overwrite' | 'ifEmpty';
                };
            /**
             * @description What happens to people who are in none of the segments any more.
             * @default untag
             * @enum {string}
             */
            leavers?: 'untag' | 'archive' | 'keep';
            /**
             * @description Brakes: a run that would pass one stops before the first write.
             * @default {}
             */
            limits?: {
              /** @description The contacts your Mailchimp plan allows, over all audiences; the API does not tell. */
              contract?: number;
              /**
               * @description Stop when more than this part of the exported people would leave.
               * @default 10%
               */
              leavers?: string | number;
              /** @description After the first run, stop when more than this part of the audience would be new. */
              newContacts?: string | number;
              /**
               * @description The most distinct people over all segments.
               * @default 1000000
               */
              people?: number;
              /** @description Stop when the data of a source are older: { hours: 36 } or { days: 2 }. */
              sourceAge?:
                | {
                    /** @description A number of hours. */
                    hours: number;
                  }
                | {
                    /** @description A number of days. */
                    days: number;
                  };
            };
            /** @description Which attribute identifies the contact. */
            match: {
              /** @description The profile attribute that holds the e-mail address. */
              email: string;
            };
            /** @description What people see; the id when absent. */
            name?: string;
            /**
             * @description The status of people who are new to the audience; "pending" sends a confirmation mail.
             * @default subscribed
             * @enum {string}
             */
            newContacts?: 'subscribed' | 'pending' | 'transactional';
            /**
             * @description "skip": people are sent although the audience requires fields that are blank for them.
             * @default fill
             * @enum {string}
             */
            requiredFields?: 'fill' | 'skip';
            /** @description "refresh" (and absent): with each refresh of the schedule; "off": when a person says so; or times of its own. */
            schedule?:
              | ('refresh' | 'off')
              | {
                  /** @description As a cron pattern of five fields: minute, hour, day, month, weekday. */
                  cron?: string;
                  /**
                   * @description Every day, up to four times.
                   * @default []
                   */
                  daily?: string[];
                  /** @description On some days of the week. */
                  weekly?: {
                    /** @description As in [monday, thursday]. */
                    days: (
                      'sunday' | 'monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday'
                    )[];
                    /** @description Up to four times on each. */
                    times: string[];
                  };
                };
            /** @description Whom to export: the people of any of these segments. */
            segments: string[];
            /** @description Attributes marked as sensitive under unify that this export sends all the same. */
            sensitive?: string[];
            /**
             * @description Stands before the segment’s name in each tag, as in "PR: ".
             * @default
             */
            tagPrefix?: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              changed: boolean;
              /** Format: date-time */
              createdAt: string;
              etag: string;
              id: string;
              kind: string;
              name: string;
              settings: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              updatedAt: string;
              warnings: string[];
            };
          };
        };
      };
    };
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/exports/{id}/webhook': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Lets Mailchimp call about the audience of an export, at this server’s public address.
     * @description Needs `connections.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** Format: uri */
            url: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        201: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              audience: string;
              connection: string;
              createdAt: string;
              createdBy: string;
              id: string | null;
              signed: boolean;
              there: boolean | null;
              url: string;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/exports/matching': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Which attributes to map: the e-mail field proposed, with its fill and validity.
     * @description Needs `exports.edit`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              attributes: {
                filled: number;
                name: string;
                type: string;
                valid: number | null;
              }[];
              email: string | null;
              firstName: string | null;
              lastName: string | null;
              profiles: number;
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/exports/run-all': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Runs those that have an active schedule.
     * @description Needs `exports.run`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        202: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                attempt: number;
                /** Format: date-time */
                cancelAt?: string;
                /** Format: date-time */
                createdAt: string;
                /** Format: date-time */
                finishedAt?: string;
                id: string;
                /** @enum {string} */
                kind: 'refresh' | 'plan' | 'run' | 'release' | 'undo' | 'segment';
                problem?: {
                  code: string;
                  hint?: string;
                  kind: string;
                  message: string;
                  retry: string;
                };
                progress: {
                  done?: number;
                  sentence?: string;
                  stage?: string;
                  total?: number;
                  what?: string;
                };
                request: {
                  [key: string]: unknown;
                };
                requestedBy: string;
                result?: {
                  [key: string]: unknown;
                };
                /** Format: date-time */
                startedAt?: string;
                /** @enum {string} */
                status:
                  | 'queued'
                  | 'running'
                  | 'retrying'
                  | 'succeeded'
                  | 'warnings'
                  | 'stopped'
                  | 'skipped'
                  | 'cancelled'
                  | 'failed';
                subject: string;
                user: string;
              }[];
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/exports/size': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * How many people each segment has, and how many distinct ones an export of them would want.
     * @description Needs `exports.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /**
             * @description Whom to leave out: the people of any of these segments.
             * @default []
             */
            exclude?: string[];
            /** @description Which attribute identifies the contact. */
            match: {
              /** @description The profile attribute that holds the e-mail address. */
              email: string;
            };
            /** @description Whom to export: the people of any of these segments. */
            segments: string[];
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              people: number;
              segments: {
                members: number | null;
                segment: string;
              }[];
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/fields': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What rules can ask: attributes of people, and rows of related tables.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              attributes: {
                name: string;
                /** @enum {string} */
                type: 'text' | 'integer' | 'number' | 'boolean' | 'date' | 'time' | 'texts';
              }[];
              relationships: {
                from: string;
                id: string;
                name: string;
                to: string;
              }[];
              segments: {
                id: string;
                name: string;
              }[];
              tables: {
                columns: {
                  name: string;
                  /** @enum {string} */
                  type: 'text' | 'integer' | 'number' | 'boolean' | 'date' | 'time' | 'texts';
                }[];
                source: string;
                unified: boolean;
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/fields/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What stands in one attribute.
     * @description Needs `segments.edit` and `look.people`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              distinct: number;
              field: string;
              missing: number;
            } & {
              [key: string]: unknown;
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/fields/{id}/values': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The values of a field, the commonest first.
     * @description Needs `segments.edit` and `look.people`.
     */
    get: {
      parameters: {
        query?: {
          limit?: number;
          offset?: number;
          prefix?: string;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              distinct: number;
              missing: number;
              values: {
                rows: number;
                value: string | number | boolean | null | string[];
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/links/read': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** What a link is for: the first owner, an invitation or a new password. */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            secret: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              email?: string;
              /** @enum {string} */
              purpose: 'owner' | 'invitation' | 'reset';
              /** @enum {string} */
              role?: 'viewer' | 'contributor' | 'administrator' | 'owner';
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/links/use': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Uses a link up, and signs in. */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** @description Of the first owner. */
            email?: string;
            name?: string;
            password: string;
            secret: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              /** Format: date-time */
              createdAt: string;
              email: string;
              /** @description Permissions beyond the role. */
              extra: (
                | 'look'
                | 'tokens.own'
                | 'look.people'
                | 'segments.edit'
                | 'exports.edit'
                | 'exports.run'
                | 'refresh.run'
                | 'brakes.release'
                | 'people.forget'
                | 'sources.edit'
                | 'unify.edit'
                | 'data.push'
                | 'connections.edit'
                | 'users.edit'
                | 'tokens.edit'
                | 'schedule.edit'
                | 'audit.read'
                | 'system.edit'
                | 'backup'
              )[];
              hasPassword: boolean;
              id: string;
              /** @enum {string} */
              language: 'en' | 'ro';
              /** Format: date-time */
              lastSeenAt?: string;
              name: string;
              /** @enum {string} */
              role: 'viewer' | 'contributor' | 'administrator' | 'owner';
              /** Format: date-time */
              updatedAt: string;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/loads': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What each source holds since its last load.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                columns: {
                  format?: string;
                  name: string;
                  semantic?: string;
                  type: string;
                }[];
                dataAt: string;
                files: string[];
                key: string[];
                loadedAt: string;
                rejected: number;
                rows: number;
                source: string;
                suppressed: number;
                warnings: string[];
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/mailchimp/callback': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The browser is back from Mailchimp; leads to the connection.
     * @description Needs `connections.edit`.
     */
    get: {
      parameters: {
        query?: {
          code?: string;
          error?: string;
          state?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': unknown;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/mailchimp/sign-in': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Where to send the browser to sign in with Mailchimp.
     * @description Needs `connections.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            connection?: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              /** Format: uri */
              url: string;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/me': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Who I am, and what I may do.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              /** Format: date-time */
              createdAt: string;
              email: string;
              etag: string;
              /** @description Permissions beyond the role. */
              extra: (
                | 'look'
                | 'tokens.own'
                | 'look.people'
                | 'segments.edit'
                | 'exports.edit'
                | 'exports.run'
                | 'refresh.run'
                | 'brakes.release'
                | 'people.forget'
                | 'sources.edit'
                | 'unify.edit'
                | 'data.push'
                | 'connections.edit'
                | 'users.edit'
                | 'tokens.edit'
                | 'schedule.edit'
                | 'audit.read'
                | 'system.edit'
                | 'backup'
              )[];
              hasPassword: boolean;
              id: string;
              /** @enum {string} */
              language: 'en' | 'ro';
              /** Format: date-time */
              lastSeenAt?: string;
              may: string[];
              name: string;
              /** @enum {string} */
              role: 'viewer' | 'contributor' | 'administrator' | 'owner';
              /** Format: date-time */
              updatedAt: string;
              /** @enum {string} */
              via: 'session' | 'token' | 'local' | 'schedule';
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    /**
     * My name and language.
     * @description Needs `look`.
     */
    patch: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** @enum {string} */
            language?: 'en' | 'ro';
            name?: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              /** Format: date-time */
              createdAt: string;
              email: string;
              etag: string;
              /** @description Permissions beyond the role. */
              extra: (
                | 'look'
                | 'tokens.own'
                | 'look.people'
                | 'segments.edit'
                | 'exports.edit'
                | 'exports.run'
                | 'refresh.run'
                | 'brakes.release'
                | 'people.forget'
                | 'sources.edit'
                | 'unify.edit'
                | 'data.push'
                | 'connections.edit'
                | 'users.edit'
                | 'tokens.edit'
                | 'schedule.edit'
                | 'audit.read'
                | 'system.edit'
                | 'backup'
              )[];
              hasPassword: boolean;
              id: string;
              /** @enum {string} */
              language: 'en' | 'ro';
              /** Format: date-time */
              lastSeenAt?: string;
              name: string;
              /** @enum {string} */
              role: 'viewer' | 'contributor' | 'administrator' | 'owner';
              /** Format: date-time */
              updatedAt: string;
            };
          };
        };
      };
    };
    trace?: never;
  };
  '/api/v1/me/password': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * A new password; ends all my sessions.
     * @description Needs `look`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** @default  */
            before?: string;
            password: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        204: {
          headers: {
            [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/me/sessions': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Where I am signed in.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                address: string;
                current: boolean;
                id: string;
                /** Format: date-time */
                startedAt: string;
                /** Format: date-time */
                usedAt: string;
                userAgent: string;
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/me/sessions/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * Signs out there; `all`: everywhere.
     * @description Needs `look`.
     */
    delete: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              ended: number;
            };
          };
        };
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/me/tokens': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * My tokens, without their secrets.
     * @description Needs `tokens.own`.
     */
    get: {
      parameters: {
        query?: {
          /** @description `next` of the page before. */
          cursor?: string;
          /** @description At most so many. */
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                /** Format: date-time */
                createdAt: string;
                /** Format: date-time */
                expiresAt: string;
                id: string;
                name: string;
                /** Format: date-time */
                revokedAt?: string;
                scopes: (
                  | 'look'
                  | 'tokens.own'
                  | 'look.people'
                  | 'segments.edit'
                  | 'exports.edit'
                  | 'exports.run'
                  | 'refresh.run'
                  | 'brakes.release'
                  | 'people.forget'
                  | 'sources.edit'
                  | 'unify.edit'
                  | 'data.push'
                  | 'connections.edit'
                  | 'users.edit'
                  | 'tokens.edit'
                  | 'schedule.edit'
                  | 'audit.read'
                  | 'system.edit'
                  | 'backup'
                )[];
                /** Format: date-time */
                usedAt?: string;
                user: string;
              }[];
              /** @description Give it as `cursor` for what follows; absent at the end. */
              next?: string;
            };
          };
        };
      };
    };
    put?: never;
    /**
     * A token for a program; its secret is shown this once.
     * @description Needs `tokens.own`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            expiresInDays: number;
            name: string;
            scopes: (
              | 'look'
              | 'tokens.own'
              | 'look.people'
              | 'segments.edit'
              | 'exports.edit'
              | 'exports.run'
              | 'refresh.run'
              | 'brakes.release'
              | 'people.forget'
              | 'sources.edit'
              | 'unify.edit'
              | 'data.push'
              | 'connections.edit'
              | 'users.edit'
              | 'tokens.edit'
              | 'schedule.edit'
              | 'audit.read'
              | 'system.edit'
              | 'backup'
            )[];
          };
        };
      };
      responses: {
        /** @description Default Response */
        201: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              secret: string;
              token: {
                /** Format: date-time */
                createdAt: string;
                /** Format: date-time */
                expiresAt: string;
                id: string;
                name: string;
                /** Format: date-time */
                revokedAt?: string;
                scopes: (
                  | 'look'
                  | 'tokens.own'
                  | 'look.people'
                  | 'segments.edit'
                  | 'exports.edit'
                  | 'exports.run'
                  | 'refresh.run'
                  | 'brakes.release'
                  | 'people.forget'
                  | 'sources.edit'
                  | 'unify.edit'
                  | 'data.push'
                  | 'connections.edit'
                  | 'users.edit'
                  | 'tokens.edit'
                  | 'schedule.edit'
                  | 'audit.read'
                  | 'system.edit'
                  | 'backup'
                )[];
                /** Format: date-time */
                usedAt?: string;
                user: string;
              };
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/people/find': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * The people behind an address or customer id: records, segments with why, what was sent and answered.
     * @description Needs `look.people`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** @description An e-mail address or a customer id. */
            person: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: ({
                customerId: string;
              } & {
                [key: string]: unknown;
              })[];
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/people/forget': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Erases somebody here and in Mailchimp, and keeps them out from then on.
     * @description Needs `people.forget`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** @enum {string} */
            how: 'archive' | 'delete';
            /** @description How many profiles may go; needed for more than one. */
            people?: number;
            /** @description An e-mail address or a customer id. */
            person: string;
            why: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              erasure: string;
              /** @enum {string} */
              state: 'open' | 'done' | 'lifted';
            } & {
              [key: string]: unknown;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/people/forget/lift': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Lets an erased person in again.
     * @description Needs `people.forget`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** @description An e-mail address or a customer id. */
            person: string;
            why: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: ({
                erasure: string;
                /** @enum {string} */
                state: 'open' | 'done' | 'lifted';
              } & {
                [key: string]: unknown;
              })[];
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/people/forget/preview': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * What an erasure would take away.
     * @description Needs `people.forget`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** @description An e-mail address or a customer id. */
            person: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              addresses: string[];
              profiles: number;
            } & {
              [key: string]: unknown;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/people/forget/receipts': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * The receipts of an address, the newest first.
     * @description Needs `people.forget`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** @description An e-mail address or a customer id. */
            person: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: ({
                erasure: string;
                /** @enum {string} */
                state: 'open' | 'done' | 'lifted';
              } & {
                [key: string]: unknown;
              })[];
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/people/list': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * All customers, a page of them; with `search` those in whose texts every word of it stands.
     * @description Needs `look.people`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            cursor?: string;
            /** @default 100 */
            limit?: number;
            search?: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                [key: string]: string | number | boolean | null | string[];
              }[];
              /** @description Give it as `cursor` for what follows; absent at the end. */
              next?: string;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/refresh': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * A refresh in its turn, up to a stage or all of the line; as in "after my dbt run".
     * @description Needs `refresh.run`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** @enum {string} */
            until?: 'sources' | 'unify' | 'segments' | 'exports';
          };
        };
      };
      responses: {
        /** @description Default Response */
        202: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              attempt: number;
              /** Format: date-time */
              cancelAt?: string;
              /** Format: date-time */
              createdAt: string;
              /** Format: date-time */
              finishedAt?: string;
              id: string;
              /** @enum {string} */
              kind: 'refresh' | 'plan' | 'run' | 'release' | 'undo' | 'segment';
              problem?: {
                code: string;
                hint?: string;
                kind: string;
                message: string;
                retry: string;
              };
              progress: {
                done?: number;
                sentence?: string;
                stage?: string;
                total?: number;
                what?: string;
              };
              request: {
                [key: string]: unknown;
              };
              requestedBy: string;
              result?: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              startedAt?: string;
              /** @enum {string} */
              status:
                | 'queued'
                | 'running'
                | 'retrying'
                | 'succeeded'
                | 'warnings'
                | 'stopped'
                | 'skipped'
                | 'cancelled'
                | 'failed';
              subject: string;
              user: string;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/relationships': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * All of them, in their order.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                /** Format: date-time */
                createdAt: string;
                etag: string;
                id: string;
                kind: string;
                name: string;
                settings: {
                  [key: string]: unknown;
                };
                /** Format: date-time */
                updatedAt: string;
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/relationships/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Its settings, to edit them.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              /** Format: date-time */
              createdAt: string;
              etag: string;
              id: string;
              kind: string;
              name: string;
              settings: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              updatedAt: string;
            };
          };
        };
      };
    };
    /**
     * Saves it; saving sends nothing. `If-Match` with its etag, or `If-None-Match: *` for a new one.
     * @description Needs `unify.edit`.
     */
    put: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** @description Column of the table that points to the other, as in "orders.customer_no". */
            from: string;
            /** @description What people see: what the rows are called that it leads to from a person (Orders) or a row (Product); the id when absent. */
            name?: string;
            /** @description Column with the same values: of a unified source, then the rows belong to its customers; or of any other, as in "products.product_no", then rules on the rows can look there. */
            to: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              changed: boolean;
              /** Format: date-time */
              createdAt: string;
              etag: string;
              id: string;
              kind: string;
              name: string;
              settings: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              updatedAt: string;
              warnings: string[];
            };
          };
        };
      };
    };
    post?: never;
    /**
     * Removes it, unless something speaks of it.
     * @description Needs `unify.edit`.
     */
    delete: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        204: {
          headers: {
            [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/retention': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * As it is set; null where nothing was said.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              item: {
                /** Format: date-time */
                createdAt: string;
                etag: string;
                id: string;
                kind: string;
                name: string;
                settings: {
                  [key: string]: unknown;
                };
                /** Format: date-time */
                updatedAt: string;
              } | null;
            };
          };
        };
      };
    };
    /**
     * Saves it. `If-Match` with its etag where there is one.
     * @description Needs `system.edit`.
     */
    put: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      /** @description How long history is kept; 400 days where this is absent. */
      requestBody: {
        content: {
          'application/json': {
            /** @description How long to know who was in a plan or run and what changed; the counts stay for ever. */
            runs: {
              /** @description Days. */
              days: number;
            };
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              changed: boolean;
              /** Format: date-time */
              createdAt: string;
              etag: string;
              id: string;
              kind: string;
              name: string;
              settings: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              updatedAt: string;
              warnings: string[];
            };
          };
        };
      };
    };
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/runs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Plans and runs, the newest first.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: {
          /** @description `next` of the page before. */
          cursor?: string;
          export?: string;
          /** @description At most so many. */
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: ({
                alerts?: {
                  code: string;
                  people: number;
                  share: number;
                  text: string;
                }[];
                brake?:
                  | ({
                      code: string;
                      message: string;
                    } & {
                      [key: string]: unknown;
                    })
                  | null;
                changes?: {
                  archive: number;
                  fields: number;
                  moves?: number;
                  tag: number;
                  untag: number;
                };
                /** @description Contacts that count for the bill: now, and when all new ones are in. */
                contacts?: {
                  account: {
                    after: number;
                    now: number;
                  };
                  audience: {
                    after: number;
                    now: number;
                  };
                  limit: number | null;
                };
                export: string;
                failure?:
                  | ({
                      code: string;
                      hint?: string;
                      message: string;
                    } & {
                      [key: string]: unknown;
                    })
                  | null;
                fieldProblems?: {
                  field: string;
                  kind: string;
                  people: number;
                  rejects: boolean;
                  share: number;
                  what: string;
                }[];
                finishedAt: string | null;
                /** @enum {string} */
                kind?: 'export' | 'undo' | 'withdraw';
                limit?: number | null;
                madeAt: string;
                newFields?: ({
                  name: string;
                  tag: string;
                  type: string;
                } & {
                  [key: string]: unknown;
                })[];
                people: {
                  add: number;
                  desired: number;
                  failed: {
                    [key: string]: number;
                  };
                  keptOut: {
                    [key: string]: number;
                  };
                  leave: number;
                  rejected: {
                    [key: string]: number;
                  };
                  unchanged: number;
                  update: number;
                };
                release?: {
                  at: string;
                  by: string;
                  why: string;
                } | null;
                requestedBy: string;
                requests?: number;
                retries?: number;
                run: string;
                seconds?: number;
                startedAt: string | null;
                /** @enum {string} */
                status: 'planned' | 'stopped' | 'running' | 'succeeded' | 'failed' | 'cancelled';
                /** @description When its people were removed because of their age. */
                trimmedAt?: string;
                /** @description Of an undo: the run that it takes back. */
                undoes?: string;
                warnings: string[];
              } & {
                [key: string]: unknown;
              })[];
              /** @description Give it as `cursor` for what follows; absent at the end. */
              next?: string;
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/runs/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * One of them.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              alerts?: {
                code: string;
                people: number;
                share: number;
                text: string;
              }[];
              brake?:
                | ({
                    code: string;
                    message: string;
                  } & {
                    [key: string]: unknown;
                  })
                | null;
              changes?: {
                archive: number;
                fields: number;
                moves?: number;
                tag: number;
                untag: number;
              };
              /** @description Contacts that count for the bill: now, and when all new ones are in. */
              contacts?: {
                account: {
                  after: number;
                  now: number;
                };
                audience: {
                  after: number;
                  now: number;
                };
                limit: number | null;
              };
              export: string;
              failure?:
                | ({
                    code: string;
                    hint?: string;
                    message: string;
                  } & {
                    [key: string]: unknown;
                  })
                | null;
              fieldProblems?: {
                field: string;
                kind: string;
                people: number;
                rejects: boolean;
                share: number;
                what: string;
              }[];
              finishedAt: string | null;
              /** @enum {string} */
              kind?: 'export' | 'undo' | 'withdraw';
              limit?: number | null;
              madeAt: string;
              newFields?: ({
                name: string;
                tag: string;
                type: string;
              } & {
                [key: string]: unknown;
              })[];
              people: {
                add: number;
                desired: number;
                failed: {
                  [key: string]: number;
                };
                keptOut: {
                  [key: string]: number;
                };
                leave: number;
                rejected: {
                  [key: string]: number;
                };
                unchanged: number;
                update: number;
              };
              release?: {
                at: string;
                by: string;
                why: string;
              } | null;
              requestedBy: string;
              requests?: number;
              retries?: number;
              run: string;
              seconds?: number;
              startedAt: string | null;
              /** @enum {string} */
              status: 'planned' | 'stopped' | 'running' | 'succeeded' | 'failed' | 'cancelled';
              /** @description When its people were removed because of their age. */
              trimmedAt?: string;
              /** @description Of an undo: the run that it takes back. */
              undoes?: string;
              warnings: string[];
            } & {
              [key: string]: unknown;
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/runs/{id}/cancel': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Cancels a run that was cut off; one that goes on is cancelled by its task.
     * @description Needs `exports.run`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              reached: {
                notSent: number;
                people: number;
                reached: number;
              };
              run: {
                alerts?: {
                  code: string;
                  people: number;
                  share: number;
                  text: string;
                }[];
                brake?:
                  | ({
                      code: string;
                      message: string;
                    } & {
                      [key: string]: unknown;
                    })
                  | null;
                changes?: {
                  archive: number;
                  fields: number;
                  moves?: number;
                  tag: number;
                  untag: number;
                };
                /** @description Contacts that count for the bill: now, and when all new ones are in. */
                contacts?: {
                  account: {
                    after: number;
                    now: number;
                  };
                  audience: {
                    after: number;
                    now: number;
                  };
                  limit: number | null;
                };
                export: string;
                failure?:
                  | ({
                      code: string;
                      hint?: string;
                      message: string;
                    } & {
                      [key: string]: unknown;
                    })
                  | null;
                fieldProblems?: {
                  field: string;
                  kind: string;
                  people: number;
                  rejects: boolean;
                  share: number;
                  what: string;
                }[];
                finishedAt: string | null;
                /** @enum {string} */
                kind?: 'export' | 'undo' | 'withdraw';
                limit?: number | null;
                madeAt: string;
                newFields?: ({
                  name: string;
                  tag: string;
                  type: string;
                } & {
                  [key: string]: unknown;
                })[];
                people: {
                  add: number;
                  desired: number;
                  failed: {
                    [key: string]: number;
                  };
                  keptOut: {
                    [key: string]: number;
                  };
                  leave: number;
                  rejected: {
                    [key: string]: number;
                  };
                  unchanged: number;
                  update: number;
                };
                release?: {
                  at: string;
                  by: string;
                  why: string;
                } | null;
                requestedBy: string;
                requests?: number;
                retries?: number;
                run: string;
                seconds?: number;
                startedAt: string | null;
                /** @enum {string} */
                status: 'planned' | 'stopped' | 'running' | 'succeeded' | 'failed' | 'cancelled';
                /** @description When its people were removed because of their age. */
                trimmedAt?: string;
                /** @description Of an undo: the run that it takes back. */
                undoes?: string;
                warnings: string[];
              } & {
                [key: string]: unknown;
              };
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/runs/{id}/exceptions': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Who did not end as wanted, and why.
     * @description Needs `look.people`.
     */
    get: {
      parameters: {
        query?: {
          limit?: number;
          offset?: number;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                cure: string;
                detail: string | null;
                email: string;
                reason: string;
                result: string;
                what: string;
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/runs/{id}/people': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The people of its plan: who enters, changes, leaves, is kept out or rejected, and why.
     * @description Needs `look.people`.
     */
    get: {
      parameters: {
        query?: {
          action?: 'add' | 'update' | 'leave' | 'keptOut' | 'rejected';
          /** @description `next` of the page before. */
          cursor?: string;
          /** @description At most so many. */
          limit?: number;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                /** @enum {string} */
                action: 'add' | 'update' | 'leave' | 'keptOut' | 'rejected';
                /** @enum {boolean} */
                archive?: true;
                detail?: string;
                email: string;
                fields: {
                  [key: string]: {
                    after: string;
                    before: string;
                  };
                };
                from?: string;
                gains: string[];
                loses: string[];
                reason: string | null;
                status: string | null;
                stays?: string[];
              }[];
              /** @description Give it as `cursor` for what follows; absent at the end. */
              next?: string;
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/runs/{id}/people.csv': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Every person with how each ended, as CSV.
     * @description Needs `look.people`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Every person with how each ended, as CSV. */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'text/csv': string;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/runs/{id}/plan.csv': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Every person of its plan as CSV.
     * @description Needs `look.people`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Every person of its plan as CSV. */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'text/csv': string;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/runs/{id}/release': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Lets a run go that a brake holds; who, when and why are kept.
     * @description Needs `brakes.release`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            why: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        202: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              attempt: number;
              /** Format: date-time */
              cancelAt?: string;
              /** Format: date-time */
              createdAt: string;
              /** Format: date-time */
              finishedAt?: string;
              id: string;
              /** @enum {string} */
              kind: 'refresh' | 'plan' | 'run' | 'release' | 'undo' | 'segment';
              problem?: {
                code: string;
                hint?: string;
                kind: string;
                message: string;
                retry: string;
              };
              progress: {
                done?: number;
                sentence?: string;
                stage?: string;
                total?: number;
                what?: string;
              };
              request: {
                [key: string]: unknown;
              };
              requestedBy: string;
              result?: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              startedAt?: string;
              /** @enum {string} */
              status:
                | 'queued'
                | 'running'
                | 'retrying'
                | 'succeeded'
                | 'warnings'
                | 'stopped'
                | 'skipped'
                | 'cancelled'
                | 'failed';
              subject: string;
              user: string;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/runs/{id}/undo': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Takes it back in its turn, and pauses its export.
     * @description Needs `exports.run`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            plan?: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        202: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              attempt: number;
              /** Format: date-time */
              cancelAt?: string;
              /** Format: date-time */
              createdAt: string;
              /** Format: date-time */
              finishedAt?: string;
              id: string;
              /** @enum {string} */
              kind: 'refresh' | 'plan' | 'run' | 'release' | 'undo' | 'segment';
              problem?: {
                code: string;
                hint?: string;
                kind: string;
                message: string;
                retry: string;
              };
              progress: {
                done?: number;
                sentence?: string;
                stage?: string;
                total?: number;
                what?: string;
              };
              request: {
                [key: string]: unknown;
              };
              requestedBy: string;
              result?: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              startedAt?: string;
              /** @enum {string} */
              status:
                | 'queued'
                | 'running'
                | 'retrying'
                | 'succeeded'
                | 'warnings'
                | 'stopped'
                | 'skipped'
                | 'cancelled'
                | 'failed';
              subject: string;
              user: string;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/runs/{id}/undo-plan': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * The plan that takes it back; sends nothing.
     * @description Needs `exports.run`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        201: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              alerts?: {
                code: string;
                people: number;
                share: number;
                text: string;
              }[];
              brake?:
                | ({
                    code: string;
                    message: string;
                  } & {
                    [key: string]: unknown;
                  })
                | null;
              changes?: {
                archive: number;
                fields: number;
                moves?: number;
                tag: number;
                untag: number;
              };
              /** @description Contacts that count for the bill: now, and when all new ones are in. */
              contacts?: {
                account: {
                  after: number;
                  now: number;
                };
                audience: {
                  after: number;
                  now: number;
                };
                limit: number | null;
              };
              export: string;
              failure?:
                | ({
                    code: string;
                    hint?: string;
                    message: string;
                  } & {
                    [key: string]: unknown;
                  })
                | null;
              fieldProblems?: {
                field: string;
                kind: string;
                people: number;
                rejects: boolean;
                share: number;
                what: string;
              }[];
              finishedAt: string | null;
              /** @enum {string} */
              kind?: 'export' | 'undo' | 'withdraw';
              limit?: number | null;
              madeAt: string;
              newFields?: ({
                name: string;
                tag: string;
                type: string;
              } & {
                [key: string]: unknown;
              })[];
              people: {
                add: number;
                desired: number;
                failed: {
                  [key: string]: number;
                };
                keptOut: {
                  [key: string]: number;
                };
                leave: number;
                rejected: {
                  [key: string]: number;
                };
                unchanged: number;
                update: number;
              };
              release?: {
                at: string;
                by: string;
                why: string;
              } | null;
              requestedBy: string;
              requests?: number;
              retries?: number;
              run: string;
              seconds?: number;
              startedAt: string | null;
              /** @enum {string} */
              status: 'planned' | 'stopped' | 'running' | 'succeeded' | 'failed' | 'cancelled';
              /** @description When its people were removed because of their age. */
              trimmedAt?: string;
              /** @description Of an undo: the run that it takes back. */
              undoes?: string;
              warnings: string[];
            } & {
              [key: string]: unknown;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sample': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Whether sample data are shown, and whether they can be.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              /** @description The local Mailchimp, on the machine of the server. */
              mailchimp: string | null;
              offered: boolean;
              shown: boolean;
            };
          };
        };
      };
    };
    put?: never;
    /**
     * Shows sample data in the browser; what is there stays as it is, and programs see nothing of it.
     * @description Needs `connections.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        204: {
          headers: {
            [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    /**
     * Ends the sample, with everything that was made in it.
     * @description Needs `connections.edit`.
     */
    delete: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        204: {
          headers: {
            [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/schedule': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * As it is set; null where nothing was said.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              item: {
                /** Format: date-time */
                createdAt: string;
                etag: string;
                id: string;
                kind: string;
                name: string;
                settings: {
                  [key: string]: unknown;
                };
                /** Format: date-time */
                updatedAt: string;
              } | null;
            };
          };
        };
      };
    };
    /**
     * Saves it. `If-Match` with its etag where there is one.
     * @description Needs `schedule.edit`.
     */
    put: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** @description As a cron pattern of five fields: minute, hour, day, month, weekday. */
            cron?: string;
            /**
             * @description Every day, up to four times.
             * @default []
             */
            daily?: string[];
            /** @description false: the times are kept, and nothing happens by itself. */
            on?: boolean;
            /** @description By its IANA name; days of rules begin and end in it. */
            timeZone: string;
            /** @description On some days of the week. */
            weekly?: {
              /** @description As in [monday, thursday]. */
              days: ('sunday' | 'monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday')[];
              /** @description Up to four times on each. */
              times: string[];
            };
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              changed: boolean;
              /** Format: date-time */
              createdAt: string;
              etag: string;
              id: string;
              kind: string;
              name: string;
              settings: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              updatedAt: string;
              warnings: string[];
            };
          };
        };
      };
    };
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/schedule/ahead': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What will happen by itself, and when.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              exports: {
                export: string;
                next: string[];
                /** @enum {string} */
                schedule: 'refresh' | 'off' | 'own';
              }[];
              on: boolean;
              refresh: string[];
              timeZone: string;
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/secret-key/rotate': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Another key seals the secrets from now on.
     * @description Needs `system.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              secrets: number;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/segments': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Every segment, drafts too, with how many people it has.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                members: number | null;
                name: string;
                refreshedAt: string | null;
                segment: string;
                state: string;
                tags: string[];
                tests: {
                  failed: number[];
                  passed: number;
                };
                type?: string;
                unlisted: number;
                usedBy: {
                  exports: string[];
                  segments: string[];
                };
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/segments/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * One of them.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              members: number | null;
              name: string;
              refreshedAt: string | null;
              segment: string;
              state: string;
              tags: string[];
              tests: {
                failed: number[];
                passed: number;
              };
              type?: string;
              unlisted: number;
              usedBy: {
                exports: string[];
                segments: string[];
              };
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    /**
     * Removes it; with `force` also from what speaks of it.
     * @description Needs `segments.edit`.
     */
    delete: {
      parameters: {
        query?: {
          force?: string;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        204: {
          headers: {
            [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    options?: never;
    head?: never;
    /**
     * What people see and the tag is called, the words to find it by, its state, or that it is dynamic again.
     * @description Needs `segments.edit`.
     */
    patch: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            description?: string;
            name?: string;
            /** @enum {string} */
            state?: 'active' | 'inactive' | 'draft';
            tags?: string[];
            /** @enum {string} */
            type?: 'dynamic';
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              members: number | null;
              name: string;
              refreshedAt: string | null;
              segment: string;
              state: string;
              tags: string[];
              tests: {
                failed: number[];
                passed: number;
              };
              type?: string;
              unlisted: number;
              usedBy: {
                exports: string[];
                segments: string[];
              };
            };
          };
        };
      };
    };
    trace?: never;
  };
  '/api/v1/segments/{id}/changes': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Who entered and left, the newest first, with what is known of them now.
     * @description Needs `look.people`.
     */
    get: {
      parameters: {
        query?: {
          change?: 'entered' | 'left';
          limit?: number;
          offset?: number;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                at: string;
                /** @enum {string} */
                change: 'entered' | 'left';
                customerId: string;
                person: {
                  [key: string]: string | number | boolean | null | string[];
                } | null;
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/segments/{id}/duplicate': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * A new one with the same rules, as a draft.
     * @description Needs `segments.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            as: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        201: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              members: number | null;
              name: string;
              refreshedAt: string | null;
              segment: string;
              state: string;
              tags: string[];
              tests: {
                failed: number[];
                passed: number;
              };
              type?: string;
              unlisted: number;
              usedBy: {
                exports: string[];
                segments: string[];
              };
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/segments/{id}/freeze': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Makes it static: the people it has now stay.
     * @description Needs `segments.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              segments: {
                members: number | null;
                name: string;
                refreshedAt: string | null;
                segment: string;
                state: string;
                tags: string[];
                tests: {
                  failed: number[];
                  passed: number;
                };
                type?: string;
                unlisted: number;
                usedBy: {
                  exports: string[];
                  segments: string[];
                };
              }[];
              unlistedLines: number[];
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/segments/{id}/members': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Its people, a page of them.
     * @description Needs `look.people`.
     */
    get: {
      parameters: {
        query?: {
          /** @description `next` of the page before. */
          cursor?: string;
          /** @description At most so many. */
          limit?: number;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                [key: string]: string | number | boolean | null | string[];
              }[];
              /** @description Give it as `cursor` for what follows; absent at the end. */
              next?: string;
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/segments/{id}/members.csv': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * All of its people as CSV.
     * @description Needs `look.people`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description All of its people as CSV. */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'text/csv': string;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/segments/{id}/refresh': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Finds its people anew, in its turn.
     * @description Needs `refresh.run`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        202: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              attempt: number;
              /** Format: date-time */
              cancelAt?: string;
              /** Format: date-time */
              createdAt: string;
              /** Format: date-time */
              finishedAt?: string;
              id: string;
              /** @enum {string} */
              kind: 'refresh' | 'plan' | 'run' | 'release' | 'undo' | 'segment';
              problem?: {
                code: string;
                hint?: string;
                kind: string;
                message: string;
                retry: string;
              };
              progress: {
                done?: number;
                sentence?: string;
                stage?: string;
                total?: number;
                what?: string;
              };
              request: {
                [key: string]: unknown;
              };
              requestedBy: string;
              result?: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              startedAt?: string;
              /** @enum {string} */
              status:
                | 'queued'
                | 'running'
                | 'retrying'
                | 'succeeded'
                | 'warnings'
                | 'stopped'
                | 'skipped'
                | 'cancelled'
                | 'failed';
              subject: string;
              user: string;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/segments/{id}/settings': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Its settings, to edit them.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              /** Format: date-time */
              createdAt: string;
              etag: string;
              id: string;
              kind: string;
              name: string;
              settings: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              updatedAt: string;
            };
          };
        };
      };
    };
    /**
     * Saves it; saving sends nothing. `If-Match` with its etag, or `If-None-Match: *` for a new one.
     * @description Needs `segments.edit`.
     */
    put: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /**
             * @description The day from which "within last" and the like count.
             * @default now
             */
            asOf?:
              | 'now'
              | string
              | {
                  /** @description Source and column, as in "orders.ordered_at". */
                  newest: string;
                };
            /** @description What the segment is for. */
            description?: string;
            /** @description Instead of rules: another segment; in this one are those whom its "holdOut" keeps out. */
            heldOutOf?: string;
            /** @description Keeps a share of its people out, always the same ones. */
            holdOut?: {
              /** @description Another seed keeps other people out; absent: the id of the segment. */
              seed?: string;
              /** @description How many of its people are kept out, as in "10%". */
              share: string;
            };
            /** @description Instead of rules: a CSV file whose first column has addresses or customer ids, relative to this file. */
            members?: string;
            /** @description What people see and the tag is called; the id when absent. */
            name?: string;
            rules?: components['schemas']['RuleGroupInput'];
            /**
             * @description Absent: active. "draft" is never computed and cannot be exported; "inactive" is not computed any more and keeps its members.
             * @enum {string}
             */
            state?: 'draft' | 'active' | 'inactive';
            /** @description Words to find it by; they are no tags in Mailchimp. */
            tags?: string[];
            /** @description Looked at after every refresh; one that fails stops the exports of this segment. */
            tests?: {
              /** @description An address that they have. */
              address?: string;
              /** @description Their customer id. */
              id?: string;
              /**
               * @description Whether they must be in the segment or outside of it.
               * @enum {string}
               */
              is: 'in' | 'out';
            }[];
            /**
             * @description "static" keeps its members until it is refreshed by hand.
             * @default dynamic
             * @enum {string}
             */
            type?: 'dynamic' | 'static';
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              changed: boolean;
              /** Format: date-time */
              createdAt: string;
              etag: string;
              id: string;
              kind: string;
              name: string;
              settings: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              updatedAt: string;
              warnings: string[];
            };
          };
        };
      };
    };
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/segments/{id}/trend': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * How it grew, the newest refreshes.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: {
          limit?: number;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                entered: number;
                left: number;
                members: number;
                refreshedAt: string;
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/segments/{id}/why': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Rule by rule why the people behind an address or id are in it, or are not.
     * @description Needs `look.people`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /**
             * @default en
             * @enum {string}
             */
            language?: 'en' | 'ro';
            person: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: ({
                customerId: string;
                holds: boolean;
              } & {
                [key: string]: unknown;
              })[];
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/segments/look-ahead': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Rules that are being written: how many people, rule by rule, in words, and some of them.
     * @description Needs `segments.edit` and `look.people`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            asOf?: unknown;
            /**
             * @default en
             * @enum {string}
             */
            language?: 'en' | 'ro';
            rules: {
              rules: unknown[];
            } & {
              [key: string]: unknown;
            };
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              everybody: number;
              first: ({
                customerId: string;
                holds: boolean;
                person: {
                  [key: string]: string | number | boolean | null | string[];
                } | null;
              } & {
                [key: string]: unknown;
              })[];
              people: number;
              rules: {
                path: string;
                people: number;
                running: number;
              }[];
              sentence: string;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/segments/overlap': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * How many people several segments have in common.
     * @description Needs `look`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            segments: string[];
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                people: number;
                segments: string[];
              }[];
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/segments/quick': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * A segment of one value of an attribute; `>=` or `<=` may stand before a number or a day.
     * @description Needs `segments.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            field: string;
            id: string;
            value: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        201: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              members: number | null;
              name: string;
              refreshedAt: string | null;
              segment: string;
              state: string;
              tags: string[];
              tests: {
                failed: number[];
                passed: number;
              };
              type?: string;
              unlisted: number;
              usedBy: {
                exports: string[];
                segments: string[];
              };
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/session': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** Signs out. */
    delete: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        204: {
          headers: {
            [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sign-in': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What a sign-in page has to offer. */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              firstStart: boolean;
              password: boolean;
              service: boolean;
            };
          };
        };
      };
    };
    put?: never;
    /** Signs in with e-mail address and password. */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            email: string;
            password: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              /** Format: date-time */
              createdAt: string;
              email: string;
              /** @description Permissions beyond the role. */
              extra: (
                | 'look'
                | 'tokens.own'
                | 'look.people'
                | 'segments.edit'
                | 'exports.edit'
                | 'exports.run'
                | 'refresh.run'
                | 'brakes.release'
                | 'people.forget'
                | 'sources.edit'
                | 'unify.edit'
                | 'data.push'
                | 'connections.edit'
                | 'users.edit'
                | 'tokens.edit'
                | 'schedule.edit'
                | 'audit.read'
                | 'system.edit'
                | 'backup'
              )[];
              hasPassword: boolean;
              id: string;
              /** @enum {string} */
              language: 'en' | 'ro';
              /** Format: date-time */
              lastSeenAt?: string;
              name: string;
              /** @enum {string} */
              role: 'viewer' | 'contributor' | 'administrator' | 'owner';
              /** Format: date-time */
              updatedAt: string;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sign-in/again': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** The password once more, for what asks for a sign-in of the last ten minutes. */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            password: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              /** Format: date-time */
              createdAt: string;
              email: string;
              /** @description Permissions beyond the role. */
              extra: (
                | 'look'
                | 'tokens.own'
                | 'look.people'
                | 'segments.edit'
                | 'exports.edit'
                | 'exports.run'
                | 'refresh.run'
                | 'brakes.release'
                | 'people.forget'
                | 'sources.edit'
                | 'unify.edit'
                | 'data.push'
                | 'connections.edit'
                | 'users.edit'
                | 'tokens.edit'
                | 'schedule.edit'
                | 'audit.read'
                | 'system.edit'
                | 'backup'
              )[];
              hasPassword: boolean;
              id: string;
              /** @enum {string} */
              language: 'en' | 'ro';
              /** Format: date-time */
              lastSeenAt?: string;
              name: string;
              /** @enum {string} */
              role: 'viewer' | 'contributor' | 'administrator' | 'owner';
              /** Format: date-time */
              updatedAt: string;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sign-in/service': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Leads to the sign-in service, and back to a page of ours. */
    get: {
      parameters: {
        query?: {
          returnTo?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        302: {
          headers: {
            [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sign-in/service/callback': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The browser is back from the sign-in service. */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        302: {
          headers: {
            [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sources': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * All of them, in their order.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                /** Format: date-time */
                createdAt: string;
                etag: string;
                id: string;
                kind: string;
                name: string;
                settings: {
                  [key: string]: unknown;
                };
                /** Format: date-time */
                updatedAt: string;
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sources/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Its settings, to edit them.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              /** Format: date-time */
              createdAt: string;
              etag: string;
              id: string;
              kind: string;
              name: string;
              settings: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              updatedAt: string;
            };
          };
        };
      };
    };
    /**
     * Saves it; saving sends nothing. `If-Match` with its etag, or `If-None-Match: *` for a new one.
     * @description Needs `sources.edit`.
     */
    put: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json':
            | {
                /** @description Files with new and changed rows, as in changes/*.csv: each replaces the rows with the same keys, in the order of the files’ names, and is read once. Needs a key. */
                changes?: string;
                /** @description Types of columns by name. Others get theirs from all their values. */
                columns?: {
                  [key: string]:
                    | {
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description Kept as it stands, 007 too.
                         * @enum {string}
                         */
                        type: 'text';
                      }
                    | {
                        /**
                         * @description plain (the default): 1234.5; money: a currency sign or code, commas between thousands and a decimal point, as in $90,000.50; money-comma: the other way round, as in 1.234,50 lei.
                         * @enum {string}
                         */
                        format?: 'plain' | 'money' | 'money-comma';
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description A whole number.
                         * @enum {string}
                         */
                        type: 'integer';
                      }
                    | {
                        /**
                         * @description plain (the default): 1234.5; money: a currency sign or code, commas between thousands and a decimal point, as in $90,000.50; money-comma: the other way round, as in 1.234,50 lei.
                         * @enum {string}
                         */
                        format?: 'plain' | 'money' | 'money-comma';
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description A number.
                         * @enum {string}
                         */
                        type: 'number';
                      }
                    | {
                        /** @description The words for true and false, as in yes/no or Y/N; case does not matter. Absent: true/false. */
                        format?: string;
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description True or false.
                         * @enum {string}
                         */
                        type: 'boolean';
                      }
                    | {
                        /** @description How the cells are written: YYYY, YY, MM (two digits), M (one or two), DD, D, HH, H, mm, ss, and T or anything that is no letter as itself. As in M/D/YYYY. Absent: ISO 8601. */
                        format?: string;
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description A day.
                         * @enum {string}
                         */
                        type: 'date';
                      }
                    | {
                        /** @description How the cells are written: YYYY, YY, MM (two digits), M (one or two), DD, D, HH, H, mm, ss, and T or anything that is no letter as itself. As in M/D/YYYY. Absent: ISO 8601. */
                        format?: string;
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description An instant; without an offset it is taken as UTC.
                         * @enum {string}
                         */
                        type: 'time';
                      };
                };
                /** @description Files with the keys of rows that are gone, as in deletions/*.csv. Needs a key. */
                deletions?: string;
                /**
                 * @description What stands between cells. Absent: the one with which the first records agree best.
                 * @enum {string}
                 */
                delimiter?: ',' | ';' | 'tab' | '|';
                /**
                 * @description How the bytes are to be read. Absent: utf-8, and anything else is an error rather than a guess.
                 * @enum {string}
                 */
                encoding?: 'utf-8' | 'windows-1252' | 'utf-16';
                /** @description Whether the first record holds the names of the columns. Absent: true; false: column_1, column_2, … */
                header?: boolean;
                /** @description The column, or columns, that tell one row from every other. A related table may have none. */
                key?: string | string[];
                /** @description What people see; absent: the id. */
                name?: string;
                /** @description The file, relative to the folder of the workspace file; * and ** read several as one, a folder all of its files of this type. It may be packed with gzip or zstd. */
                path: string;
                /**
                 * @description What cells with delimiters or line ends stand in, doubled inside; absent: "; none: quotes mean nothing.
                 * @enum {string}
                 */
                quote?: '"' | "'" | 'none';
                /**
                 * @description Text with delimiters.
                 * @enum {string}
                 */
                type: 'csv';
              }
            | {
                /** @description Types of columns by name. Others get theirs from all their values. */
                columns?: {
                  [key: string]:
                    | {
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description Kept as it stands, 007 too.
                         * @enum {string}
                         */
                        type: 'text';
                      }
                    | {
                        /**
                         * @description plain (the default): 1234.5; money: a currency sign or code, commas between thousands and a decimal point, as in $90,000.50; money-comma: the other way round, as in 1.234,50 lei.
                         * @enum {string}
                         */
                        format?: 'plain' | 'money' | 'money-comma';
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description A whole number.
                         * @enum {string}
                         */
                        type: 'integer';
                      }
                    | {
                        /**
                         * @description plain (the default): 1234.5; money: a currency sign or code, commas between thousands and a decimal point, as in $90,000.50; money-comma: the other way round, as in 1.234,50 lei.
                         * @enum {string}
                         */
                        format?: 'plain' | 'money' | 'money-comma';
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description A number.
                         * @enum {string}
                         */
                        type: 'number';
                      }
                    | {
                        /** @description The words for true and false, as in yes/no or Y/N; case does not matter. Absent: true/false. */
                        format?: string;
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description True or false.
                         * @enum {string}
                         */
                        type: 'boolean';
                      }
                    | {
                        /** @description How the cells are written: YYYY, YY, MM (two digits), M (one or two), DD, D, HH, H, mm, ss, and T or anything that is no letter as itself. As in M/D/YYYY. Absent: ISO 8601. */
                        format?: string;
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description A day.
                         * @enum {string}
                         */
                        type: 'date';
                      }
                    | {
                        /** @description How the cells are written: YYYY, YY, MM (two digits), M (one or two), DD, D, HH, H, mm, ss, and T or anything that is no letter as itself. As in M/D/YYYY. Absent: ISO 8601. */
                        format?: string;
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description An instant; without an offset it is taken as UTC.
                         * @enum {string}
                         */
                        type: 'time';
                      };
                };
                /** @description The column, or columns, that tell one row from every other. A related table may have none. */
                key?: string | string[];
                /** @description What people see; absent: the id. */
                name?: string;
                /** @description The file, relative to the folder of the workspace file; * and ** read several as one, a folder all of its files of this type. It may be packed with gzip or zstd. */
                path: string;
                /**
                 * @description A JSON file in UTF-8: one list of objects, or one object with one list.
                 * @enum {string}
                 */
                type: 'json';
              }
            | {
                /** @description Types of columns by name. Others get theirs from all their values. */
                columns?: {
                  [key: string]:
                    | {
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description Kept as it stands, 007 too.
                         * @enum {string}
                         */
                        type: 'text';
                      }
                    | {
                        /**
                         * @description plain (the default): 1234.5; money: a currency sign or code, commas between thousands and a decimal point, as in $90,000.50; money-comma: the other way round, as in 1.234,50 lei.
                         * @enum {string}
                         */
                        format?: 'plain' | 'money' | 'money-comma';
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description A whole number.
                         * @enum {string}
                         */
                        type: 'integer';
                      }
                    | {
                        /**
                         * @description plain (the default): 1234.5; money: a currency sign or code, commas between thousands and a decimal point, as in $90,000.50; money-comma: the other way round, as in 1.234,50 lei.
                         * @enum {string}
                         */
                        format?: 'plain' | 'money' | 'money-comma';
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description A number.
                         * @enum {string}
                         */
                        type: 'number';
                      }
                    | {
                        /** @description The words for true and false, as in yes/no or Y/N; case does not matter. Absent: true/false. */
                        format?: string;
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description True or false.
                         * @enum {string}
                         */
                        type: 'boolean';
                      }
                    | {
                        /** @description How the cells are written: YYYY, YY, MM (two digits), M (one or two), DD, D, HH, H, mm, ss, and T or anything that is no letter as itself. As in M/D/YYYY. Absent: ISO 8601. */
                        format?: string;
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description A day.
                         * @enum {string}
                         */
                        type: 'date';
                      }
                    | {
                        /** @description How the cells are written: YYYY, YY, MM (two digits), M (one or two), DD, D, HH, H, mm, ss, and T or anything that is no letter as itself. As in M/D/YYYY. Absent: ISO 8601. */
                        format?: string;
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description An instant; without an offset it is taken as UTC.
                         * @enum {string}
                         */
                        type: 'time';
                      };
                };
                /** @description The column, or columns, that tell one row from every other. A related table may have none. */
                key?: string | string[];
                /** @description What people see; absent: the id. */
                name?: string;
                /** @description The file, relative to the folder of the workspace file; * and ** read several as one, a folder all of its files of this type. It may be packed with gzip or zstd. */
                path: string;
                /**
                 * @description One JSON object a line, in UTF-8.
                 * @enum {string}
                 */
                type: 'jsonl';
              }
            | {
                /** @description Types of columns by name. Others get theirs from all their values. */
                columns?: {
                  [key: string]:
                    | {
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description Kept as it stands, 007 too.
                         * @enum {string}
                         */
                        type: 'text';
                      }
                    | {
                        /**
                         * @description plain (the default): 1234.5; money: a currency sign or code, commas between thousands and a decimal point, as in $90,000.50; money-comma: the other way round, as in 1.234,50 lei.
                         * @enum {string}
                         */
                        format?: 'plain' | 'money' | 'money-comma';
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description A whole number.
                         * @enum {string}
                         */
                        type: 'integer';
                      }
                    | {
                        /**
                         * @description plain (the default): 1234.5; money: a currency sign or code, commas between thousands and a decimal point, as in $90,000.50; money-comma: the other way round, as in 1.234,50 lei.
                         * @enum {string}
                         */
                        format?: 'plain' | 'money' | 'money-comma';
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description A number.
                         * @enum {string}
                         */
                        type: 'number';
                      }
                    | {
                        /** @description The words for true and false, as in yes/no or Y/N; case does not matter. Absent: true/false. */
                        format?: string;
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description True or false.
                         * @enum {string}
                         */
                        type: 'boolean';
                      }
                    | {
                        /** @description How the cells are written: YYYY, YY, MM (two digits), M (one or two), DD, D, HH, H, mm, ss, and T or anything that is no letter as itself. As in M/D/YYYY. Absent: ISO 8601. */
                        format?: string;
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description A day.
                         * @enum {string}
                         */
                        type: 'date';
                      }
                    | {
                        /** @description How the cells are written: YYYY, YY, MM (two digits), M (one or two), DD, D, HH, H, mm, ss, and T or anything that is no letter as itself. As in M/D/YYYY. Absent: ISO 8601. */
                        format?: string;
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description An instant; without an offset it is taken as UTC.
                         * @enum {string}
                         */
                        type: 'time';
                      };
                };
                /** @description The column, or columns, that tell one row from every other. A related table may have none. */
                key?: string | string[];
                /** @description What people see; absent: the id. */
                name?: string;
                /** @description The file, relative to the folder of the workspace file; * and ** read several as one, a folder all of its files of this type. It may be packed with gzip or zstd. */
                path: string;
                /**
                 * @description Apache Parquet.
                 * @enum {string}
                 */
                type: 'parquet';
              }
            | {
                /** @description Types of columns by name. Others get theirs from all their values. */
                columns?: {
                  [key: string]:
                    | {
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description Kept as it stands, 007 too.
                         * @enum {string}
                         */
                        type: 'text';
                      }
                    | {
                        /**
                         * @description plain (the default): 1234.5; money: a currency sign or code, commas between thousands and a decimal point, as in $90,000.50; money-comma: the other way round, as in 1.234,50 lei.
                         * @enum {string}
                         */
                        format?: 'plain' | 'money' | 'money-comma';
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description A whole number.
                         * @enum {string}
                         */
                        type: 'integer';
                      }
                    | {
                        /**
                         * @description plain (the default): 1234.5; money: a currency sign or code, commas between thousands and a decimal point, as in $90,000.50; money-comma: the other way round, as in 1.234,50 lei.
                         * @enum {string}
                         */
                        format?: 'plain' | 'money' | 'money-comma';
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description A number.
                         * @enum {string}
                         */
                        type: 'number';
                      }
                    | {
                        /** @description The words for true and false, as in yes/no or Y/N; case does not matter. Absent: true/false. */
                        format?: string;
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description True or false.
                         * @enum {string}
                         */
                        type: 'boolean';
                      }
                    | {
                        /** @description How the cells are written: YYYY, YY, MM (two digits), M (one or two), DD, D, HH, H, mm, ss, and T or anything that is no letter as itself. As in M/D/YYYY. Absent: ISO 8601. */
                        format?: string;
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description A day.
                         * @enum {string}
                         */
                        type: 'date';
                      }
                    | {
                        /** @description How the cells are written: YYYY, YY, MM (two digits), M (one or two), DD, D, HH, H, mm, ss, and T or anything that is no letter as itself. As in M/D/YYYY. Absent: ISO 8601. */
                        format?: string;
                        /**
                         * @description What the cells mean. Absent: as proposed from name and content; none: nothing in particular.
                         * @enum {string}
                         */
                        semantic?:
                          | 'email'
                          | 'phone'
                          | 'first_name'
                          | 'last_name'
                          | 'full_name'
                          | 'birth_date'
                          | 'gender'
                          | 'company'
                          | 'street'
                          | 'city'
                          | 'postal_code'
                          | 'state'
                          | 'country'
                          | 'language'
                          | 'consent'
                          | 'none';
                        /**
                         * @description An instant; without an offset it is taken as UTC.
                         * @enum {string}
                         */
                        type: 'time';
                      };
                };
                /** @description Reads only what has changed since the last refresh. Rows that are deleted stay. Needs a key. */
                incremental?: {
                  /** @description A column that grows with each change of a row, as in updated_at. */
                  column: string;
                  /**
                   * @description How far before the last value rows are read again: minutes of a column of times, else numbers.
                   * @default 60
                   */
                  overlap?: number;
                };
                /** @description The column, or columns, that tell one row from every other. A related table may have none. */
                key?: string | string[];
                /** @description What people see; absent: the id. */
                name?: string;
                /** @description In place of a table: one SELECT. */
                query?: string;
                /** @description The table or view, as in public.customers. */
                table?: string;
                /**
                 * @description How many seconds the database may take for one step.
                 * @default 600
                 */
                timeout?: number;
                /**
                 * @description A table of a PostgreSQL database, or what a query says.
                 * @enum {string}
                 */
                type: 'postgres';
                /** @description Where the database is: "$${SHOP_DB}" names the variable of the environment that holds postgres://user:password@host/database; it is read at each refresh and not stored. */
                url: string;
              };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              changed: boolean;
              /** Format: date-time */
              createdAt: string;
              etag: string;
              id: string;
              kind: string;
              name: string;
              settings: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              updatedAt: string;
              warnings: string[];
            };
          };
        };
      };
    };
    post?: never;
    /**
     * Removes it, unless something speaks of it.
     * @description Needs `sources.edit`.
     */
    delete: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        204: {
          headers: {
            [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sources/{id}/columns': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What stands in its columns.
     * @description Needs `look.people`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              columns: ({
                name: string;
              } & {
                [key: string]: unknown;
              })[];
              load: {
                columns: {
                  format?: string;
                  name: string;
                  semantic?: string;
                  type: string;
                }[];
                dataAt: string;
                files: string[];
                key: string[];
                loadedAt: string;
                rejected: number;
                rows: number;
                source: string;
                suppressed: number;
                warnings: string[];
              };
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sources/{id}/files/{name}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    /**
     * Keeps a file for a source; name the path that comes back in its settings.
     * @description Needs `sources.edit`.
     */
    put: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
          name: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        201: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              path: string;
            };
          };
        };
      };
    };
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sources/{id}/pushed': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    /**
     * Makes a source whose rows programs send. `If-None-Match: *` for a new one.
     * @description Needs `sources.edit`.
     */
    put: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            columns: string[];
            key: string[];
            name?: string;
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              changed: boolean;
              /** Format: date-time */
              createdAt: string;
              etag: string;
              id: string;
              kind: string;
              name: string;
              settings: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              updatedAt: string;
              warnings: string[];
            };
          };
        };
      };
    };
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sources/{id}/rejected': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Rows that were set aside, with why.
     * @description Needs `look.people`.
     */
    get: {
      parameters: {
        query?: {
          limit?: number;
          offset?: number;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: ({
                reason: string;
              } & {
                [key: string]: unknown;
              })[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sources/{id}/rejected.csv': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * All of them as CSV.
     * @description Needs `look.people`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description All of them as CSV. */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'text/csv': string;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sources/{id}/rows': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Rows to put in place of those with the same keys, and keys to take away: 10000 at most. The next refresh takes them in.
     * @description Needs `data.push`.
     */
    post: {
      parameters: {
        query?: never;
        header: {
          /** @description The same one again: the batch is there already. */
          'idempotency-key': string;
        };
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** @default [] */
            delete?: {
              [key: string]: string | number | boolean | null;
            }[];
            /** @default [] */
            upsert?: {
              [key: string]: string | number | boolean | null;
            }[];
          };
        };
      };
      responses: {
        /** @description Default Response */
        202: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              deleted: number;
              known: boolean;
              upserted: number;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tasks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What waits, goes on and ended, the newest first.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: {
          /** @description `next` of the page before. */
          cursor?: string;
          kind?: 'refresh' | 'plan' | 'run' | 'release' | 'undo' | 'segment';
          /** @description At most so many. */
          limit?: number;
          status?:
            | 'queued'
            | 'running'
            | 'retrying'
            | 'succeeded'
            | 'warnings'
            | 'stopped'
            | 'skipped'
            | 'cancelled'
            | 'failed';
          subject?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                attempt: number;
                /** Format: date-time */
                cancelAt?: string;
                /** Format: date-time */
                createdAt: string;
                /** Format: date-time */
                finishedAt?: string;
                id: string;
                /** @enum {string} */
                kind: 'refresh' | 'plan' | 'run' | 'release' | 'undo' | 'segment';
                problem?: {
                  code: string;
                  hint?: string;
                  kind: string;
                  message: string;
                  retry: string;
                };
                progress: {
                  done?: number;
                  sentence?: string;
                  stage?: string;
                  total?: number;
                  what?: string;
                };
                request: {
                  [key: string]: unknown;
                };
                requestedBy: string;
                result?: {
                  [key: string]: unknown;
                };
                /** Format: date-time */
                startedAt?: string;
                /** @enum {string} */
                status:
                  | 'queued'
                  | 'running'
                  | 'retrying'
                  | 'succeeded'
                  | 'warnings'
                  | 'stopped'
                  | 'skipped'
                  | 'cancelled'
                  | 'failed';
                subject: string;
                user: string;
              }[];
              /** @description Give it as `cursor` for what follows; absent at the end. */
              next?: string;
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tasks/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * One of them.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              attempt: number;
              /** Format: date-time */
              cancelAt?: string;
              /** Format: date-time */
              createdAt: string;
              /** Format: date-time */
              finishedAt?: string;
              id: string;
              /** @enum {string} */
              kind: 'refresh' | 'plan' | 'run' | 'release' | 'undo' | 'segment';
              problem?: {
                code: string;
                hint?: string;
                kind: string;
                message: string;
                retry: string;
              };
              progress: {
                done?: number;
                sentence?: string;
                stage?: string;
                total?: number;
                what?: string;
              };
              request: {
                [key: string]: unknown;
              };
              requestedBy: string;
              result?: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              startedAt?: string;
              /** @enum {string} */
              status:
                | 'queued'
                | 'running'
                | 'retrying'
                | 'succeeded'
                | 'warnings'
                | 'stopped'
                | 'skipped'
                | 'cancelled'
                | 'failed';
              subject: string;
              user: string;
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tasks/{id}/cancel': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Ends it: at once where it waits, else it starts no new request and says how far it got.
     * @description Needs `exports.run`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              attempt: number;
              /** Format: date-time */
              cancelAt?: string;
              /** Format: date-time */
              createdAt: string;
              /** Format: date-time */
              finishedAt?: string;
              id: string;
              /** @enum {string} */
              kind: 'refresh' | 'plan' | 'run' | 'release' | 'undo' | 'segment';
              problem?: {
                code: string;
                hint?: string;
                kind: string;
                message: string;
                retry: string;
              };
              progress: {
                done?: number;
                sentence?: string;
                stage?: string;
                total?: number;
                what?: string;
              };
              request: {
                [key: string]: unknown;
              };
              requestedBy: string;
              result?: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              startedAt?: string;
              /** @enum {string} */
              status:
                | 'queued'
                | 'running'
                | 'retrying'
                | 'succeeded'
                | 'warnings'
                | 'stopped'
                | 'skipped'
                | 'cancelled'
                | 'failed';
              subject: string;
              user: string;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tasks/{id}/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The task now and after each change, up to its end, as server-sent events.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description The task now and after each change, up to its end, as server-sent events. */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'text/event-stream': string;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tokens': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Everybody’s tokens.
     * @description Needs `tokens.edit`.
     */
    get: {
      parameters: {
        query?: {
          /** @description `next` of the page before. */
          cursor?: string;
          /** @description At most so many. */
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                /** Format: date-time */
                createdAt: string;
                /** Format: date-time */
                expiresAt: string;
                id: string;
                name: string;
                /** Format: date-time */
                revokedAt?: string;
                scopes: (
                  | 'look'
                  | 'tokens.own'
                  | 'look.people'
                  | 'segments.edit'
                  | 'exports.edit'
                  | 'exports.run'
                  | 'refresh.run'
                  | 'brakes.release'
                  | 'people.forget'
                  | 'sources.edit'
                  | 'unify.edit'
                  | 'data.push'
                  | 'connections.edit'
                  | 'users.edit'
                  | 'tokens.edit'
                  | 'schedule.edit'
                  | 'audit.read'
                  | 'system.edit'
                  | 'backup'
                )[];
                /** Format: date-time */
                usedAt?: string;
                user: string;
              }[];
              /** @description Give it as `cursor` for what follows; absent at the end. */
              next?: string;
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tokens/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * Ends a token: one’s own, or with `tokens.edit` anybody’s.
     * @description Needs `tokens.own`.
     */
    delete: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        204: {
          headers: {
            [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/unify': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * As it is set; null where nothing was said.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              item: {
                /** Format: date-time */
                createdAt: string;
                etag: string;
                id: string;
                kind: string;
                name: string;
                settings: {
                  [key: string]: unknown;
                };
                /** Format: date-time */
                updatedAt: string;
              } | null;
            };
          };
        };
      };
    };
    /**
     * Saves it. `If-Match` with its etag where there is one.
     * @description Needs `unify.edit`.
     */
    put: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** @description Groups over maxGroup that are one person all the same, by the id that a refresh shows */
            allowGroups?: string[];
            /** @description Values that agree with nothing, such as the telephone number of the shop itself */
            bypass?: {
              [key: string]: string | string[];
            };
            /** @description Attributes that hold e-mail addresses, besides those named email, e_mail and mail */
            emails?: string[];
            /** @description Rules, or a score, by which records of different sources are one person */
            match?: components['schemas']['UnifyRuleInput'][] | components['schemas']['UnifyScoreInput'];
            /** @description How many records may share the exact fields of a rule that compares pairs; absent: 1,000 */
            maxBlock?: number;
            /** @description How many records may become one person without a word of yours; absent: 50 */
            maxGroup?: number;
            /** @description Which value a profile takes where its records differ */
            merge?: {
              /** @description Attribute of the profile: which of its values is taken */
              attributes?: {
                [key: string]: components['schemas']['PreferenceInput'];
              };
              default?: components['schemas']['PreferenceInput'];
              /** @description Attributes whose values all come from one record, so that an address never mixes two */
              groups?: {
                [key: string]:
                  | string[]
                  | {
                      /** @description Attributes that are taken together */
                      attributes: string[];
                      prefer?: components['schemas']['PreferenceInput'];
                    };
              };
            };
            /** @description In which form an attribute is compared; absent: by its name and type */
            normalise?: {
              [key: string]: components['schemas']['NormaliserInput'];
            };
            /** @description What somebody has decided by hand */
            pairs?: {
              /** @description Records that are one person, whatever the rules say */
              always?: string | [string | string[], string | string[]][];
              /** @description Records that are two people, whatever the rules say */
              never?: string | [string | string[], string | string[]][];
            };
            /** @description Attributes that an export sends only when it confirms each of them */
            sensitive?: string[];
            /** @description Sources of people, the most important first */
            sources: {
              /** @description Attribute of the profile: column of this source */
              attributes: {
                [key: string]: string;
              };
              /** @description Rules, or a score, by which two records of this source are one person */
              deduplicate?:
                components['schemas']['UnifyRuleInput'][] | components['schemas']['UnifyScoreInput'];
              /**
               * @description matchedOnly: people who are in no other source are left out. Absent: all
               * @enum {string}
               */
              include?: 'all' | 'matchedOnly';
              /** @description The id of a source */
              source: string;
              /** @description Column of this source: its value, or a list of which it has one; null is a blank. Only rows that fit in every column are read */
              where?: {
                [key: string]: (string | number | boolean | null) | (string | number | boolean | null)[];
              };
              /** @description Which of several records of one person comes first within this source; absent: mostFilled */
              winner?:
                | 'mostFilled'
                | {
                    /** @description The attribute that says when */
                    mostRecent: string;
                  }
                | {
                    /** @description The attribute that says when */
                    leastRecent: string;
                  };
            }[];
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              changed: boolean;
              /** Format: date-time */
              createdAt: string;
              etag: string;
              id: string;
              kind: string;
              name: string;
              settings: {
                [key: string]: unknown;
              };
              /** Format: date-time */
              updatedAt: string;
              warnings: string[];
            };
          };
        };
      };
    };
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/unify/preview': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * What settings would do to people, segments and exports; changes nothing.
     * @description Needs `unify.edit` and `look.people`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** @description Groups over maxGroup that are one person all the same, by the id that a refresh shows */
            allowGroups?: string[];
            /** @description Values that agree with nothing, such as the telephone number of the shop itself */
            bypass?: {
              [key: string]: string | string[];
            };
            /** @description Attributes that hold e-mail addresses, besides those named email, e_mail and mail */
            emails?: string[];
            /** @description Rules, or a score, by which records of different sources are one person */
            match?: components['schemas']['UnifyRuleInput'][] | components['schemas']['UnifyScoreInput'];
            /** @description How many records may share the exact fields of a rule that compares pairs; absent: 1,000 */
            maxBlock?: number;
            /** @description How many records may become one person without a word of yours; absent: 50 */
            maxGroup?: number;
            /** @description Which value a profile takes where its records differ */
            merge?: {
              /** @description Attribute of the profile: which of its values is taken */
              attributes?: {
                [key: string]: components['schemas']['PreferenceInput'];
              };
              default?: components['schemas']['PreferenceInput'];
              /** @description Attributes whose values all come from one record, so that an address never mixes two */
              groups?: {
                [key: string]:
                  | string[]
                  | {
                      /** @description Attributes that are taken together */
                      attributes: string[];
                      prefer?: components['schemas']['PreferenceInput'];
                    };
              };
            };
            /** @description In which form an attribute is compared; absent: by its name and type */
            normalise?: {
              [key: string]: components['schemas']['NormaliserInput'];
            };
            /** @description What somebody has decided by hand */
            pairs?: {
              /** @description Records that are one person, whatever the rules say */
              always?: string | [string | string[], string | string[]][];
              /** @description Records that are two people, whatever the rules say */
              never?: string | [string | string[], string | string[]][];
            };
            /** @description Attributes that an export sends only when it confirms each of them */
            sensitive?: string[];
            /** @description Sources of people, the most important first */
            sources: {
              /** @description Attribute of the profile: column of this source */
              attributes: {
                [key: string]: string;
              };
              /** @description Rules, or a score, by which two records of this source are one person */
              deduplicate?:
                components['schemas']['UnifyRuleInput'][] | components['schemas']['UnifyScoreInput'];
              /**
               * @description matchedOnly: people who are in no other source are left out. Absent: all
               * @enum {string}
               */
              include?: 'all' | 'matchedOnly';
              /** @description The id of a source */
              source: string;
              /** @description Column of this source: its value, or a list of which it has one; null is a blank. Only rows that fit in every column are read */
              where?: {
                [key: string]: (string | number | boolean | null) | (string | number | boolean | null)[];
              };
              /** @description Which of several records of one person comes first within this source; absent: mostFilled */
              winner?:
                | 'mostFilled'
                | {
                    /** @description The attribute that says when */
                    mostRecent: string;
                  }
                | {
                    /** @description The attribute that says when */
                    leastRecent: string;
                  };
            }[];
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              [key: string]: unknown;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/unify/proposals': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Weights of agreement, and rules made of them, from the loaded sources; changes nothing.
     * @description Needs `unify.edit`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                [key: string]: unknown;
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/unify/shared-values': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Values that many people of different names share, so that nobody is joined by them.
     * @description Needs `unify.edit` and `look.people`.
     */
    get: {
      parameters: {
        query?: {
          limit?: number;
          names?: number;
          records?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                [key: string]: unknown;
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/users': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Who may come in.
     * @description Needs `users.edit`.
     */
    get: {
      parameters: {
        query?: {
          /** @description `next` of the page before. */
          cursor?: string;
          /** @description At most so many. */
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                /** Format: date-time */
                createdAt: string;
                email: string;
                etag: string;
                /** @description Permissions beyond the role. */
                extra: (
                  | 'look'
                  | 'tokens.own'
                  | 'look.people'
                  | 'segments.edit'
                  | 'exports.edit'
                  | 'exports.run'
                  | 'refresh.run'
                  | 'brakes.release'
                  | 'people.forget'
                  | 'sources.edit'
                  | 'unify.edit'
                  | 'data.push'
                  | 'connections.edit'
                  | 'users.edit'
                  | 'tokens.edit'
                  | 'schedule.edit'
                  | 'audit.read'
                  | 'system.edit'
                  | 'backup'
                )[];
                hasPassword: boolean;
                id: string;
                /** @enum {string} */
                language: 'en' | 'ro';
                /** Format: date-time */
                lastSeenAt?: string;
                name: string;
                /** @enum {string} */
                role: 'viewer' | 'contributor' | 'administrator' | 'owner';
                /** Format: date-time */
                updatedAt: string;
              }[];
              /** @description Give it as `cursor` for what follows; absent at the end. */
              next?: string;
            };
          };
        };
      };
    };
    put?: never;
    /**
     * Invites somebody: a link for seven days, which nobody is sent.
     * @description Needs `users.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            email: string;
            /** @enum {string} */
            role: 'viewer' | 'contributor' | 'administrator' | 'owner';
          };
        };
      };
      responses: {
        /** @description Default Response */
        201: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              /** Format: uri */
              link: string;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/users/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * A user, by id or e-mail address.
     * @description Needs `users.edit`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              /** Format: date-time */
              createdAt: string;
              email: string;
              etag: string;
              /** @description Permissions beyond the role. */
              extra: (
                | 'look'
                | 'tokens.own'
                | 'look.people'
                | 'segments.edit'
                | 'exports.edit'
                | 'exports.run'
                | 'refresh.run'
                | 'brakes.release'
                | 'people.forget'
                | 'sources.edit'
                | 'unify.edit'
                | 'data.push'
                | 'connections.edit'
                | 'users.edit'
                | 'tokens.edit'
                | 'schedule.edit'
                | 'audit.read'
                | 'system.edit'
                | 'backup'
              )[];
              hasPassword: boolean;
              id: string;
              /** @enum {string} */
              language: 'en' | 'ro';
              /** Format: date-time */
              lastSeenAt?: string;
              name: string;
              /** @enum {string} */
              role: 'viewer' | 'contributor' | 'administrator' | 'owner';
              /** Format: date-time */
              updatedAt: string;
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    /**
     * Removes a user with their sessions and tokens.
     * @description Needs `users.edit`.
     */
    delete: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        204: {
          headers: {
            [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    options?: never;
    head?: never;
    /**
     * Name, role, permissions beyond it, language.
     * @description Needs `users.edit`.
     */
    patch: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            extra?: (
              | 'look'
              | 'tokens.own'
              | 'look.people'
              | 'segments.edit'
              | 'exports.edit'
              | 'exports.run'
              | 'refresh.run'
              | 'brakes.release'
              | 'people.forget'
              | 'sources.edit'
              | 'unify.edit'
              | 'data.push'
              | 'connections.edit'
              | 'users.edit'
              | 'tokens.edit'
              | 'schedule.edit'
              | 'audit.read'
              | 'system.edit'
              | 'backup'
            )[];
            /** @enum {string} */
            language?: 'en' | 'ro';
            name?: string;
            /** @enum {string} */
            role?: 'viewer' | 'contributor' | 'administrator' | 'owner';
          };
        };
      };
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              /** Format: date-time */
              createdAt: string;
              email: string;
              etag: string;
              /** @description Permissions beyond the role. */
              extra: (
                | 'look'
                | 'tokens.own'
                | 'look.people'
                | 'segments.edit'
                | 'exports.edit'
                | 'exports.run'
                | 'refresh.run'
                | 'brakes.release'
                | 'people.forget'
                | 'sources.edit'
                | 'unify.edit'
                | 'data.push'
                | 'connections.edit'
                | 'users.edit'
                | 'tokens.edit'
                | 'schedule.edit'
                | 'audit.read'
                | 'system.edit'
                | 'backup'
              )[];
              hasPassword: boolean;
              id: string;
              /** @enum {string} */
              language: 'en' | 'ro';
              /** Format: date-time */
              lastSeenAt?: string;
              name: string;
              /** @enum {string} */
              role: 'viewer' | 'contributor' | 'administrator' | 'owner';
              /** Format: date-time */
              updatedAt: string;
            };
          };
        };
      };
    };
    trace?: never;
  };
  '/api/v1/users/{id}/reset-link': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * A link for a new password, for two hours.
     * @description Needs `users.edit`.
     */
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              /** Format: uri */
              link: string;
            };
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Those that were made here, and whether Mailchimp still has them.
     * @description Needs `look`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              items: {
                audience: string;
                connection: string;
                createdAt: string;
                createdBy: string;
                id: string | null;
                signed: boolean;
                there: boolean | null;
                url: string;
              }[];
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * Takes a webhook away, in Mailchimp and here.
     * @description Needs `connections.edit`.
     */
    delete: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              wasThere: boolean;
            };
          };
        };
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/workspace': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * All of it as a workspace file, without secrets.
     * @description Needs `segments.edit`.
     */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description All of it as a workspace file, without secrets. */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/yaml': string;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/healthz': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Whether the process lives. */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              /** @enum {boolean} */
              alive: true;
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/readyz': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Whether its databases answer. */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description Default Response */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            'application/json': {
              ready: boolean;
            };
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    Duration: {
      /** @description Calendar days. */
      days?: number;
      /** @description Calendar months. */
      months?: number;
      /** @description Weeks of seven calendar days. */
      weeks?: number;
      /** @description Calendar years. */
      years?: number;
    };
    DurationInput: {
      /** @description Calendar days. */
      days?: number;
      /** @description Calendar months. */
      months?: number;
      /** @description Weeks of seven calendar days. */
      weeks?: number;
      /** @description Calendar years. */
      years?: number;
    };
    /** @description From 0 to 1 for equal; high is 0.8, medium 0.6, low 0.3 */
    Likeness: number | ('high' | 'medium' | 'low');
    /** @description From 0 to 1 for equal; high is 0.8, medium 0.6, low 0.3 */
    LikenessInput: number | ('high' | 'medium' | 'low');
    Normaliser:
      | ('asIs' | 'text' | 'name' | 'address' | 'email' | 'phone' | 'digits' | 'date')
      | {
          /** @description Words that mean the same. A word of two groups counts for the first one */
          aliases?: (string | string[])[];
          /**
           * @description What sort of text it is
           * @enum {string}
           */
          as: 'text' | 'name' | 'address';
          /** @description What does not matter either */
          drop?: ('symbols' | 'numerals' | 'blanks')[];
          /** @description What does matter all the same */
          keep?: ('case' | 'accents')[];
          /**
           * @description "ä" as one letter, "a" (the default), or as two, "ae"; ö, ü, å and ø likewise
           * @enum {string}
           */
          umlauts?: 'one' | 'two';
        }
      | {
          /**
           * @description An e-mail address
           * @constant
           */
          as: 'email';
          /**
           * @description Whether dots before the "@" count, at gmail.com and googlemail.com
           * @enum {string}
           */
          dots?: 'keep' | 'ignore';
          /**
           * @description Whether what follows a "+" before the "@" counts
           * @enum {string}
           */
          plus?: 'keep' | 'ignore';
        }
      | {
          /**
           * @description A telephone number; the country counts
           * @constant
           */
          as: 'phone';
          /** @description The attribute that holds the country of the person */
          country?: string;
          /** @description Two letters; of numbers that do not say their country */
          defaultCountry?: string;
        }
      | {
          /**
           * @description The same as the word alone
           * @enum {string}
           */
          as: 'asIs' | 'digits' | 'date';
        };
    NormaliserInput:
      | ('asIs' | 'text' | 'name' | 'address' | 'email' | 'phone' | 'digits' | 'date')
      | {
          /** @description Words that mean the same. A word of two groups counts for the first one */
          aliases?: (string | string[])[];
          /**
           * @description What sort of text it is
           * @enum {string}
           */
          as: 'text' | 'name' | 'address';
          /** @description What does not matter either */
          drop?: ('symbols' | 'numerals' | 'blanks')[];
          /** @description What does matter all the same */
          keep?: ('case' | 'accents')[];
          /**
           * @description "ä" as one letter, "a" (the default), or as two, "ae"; ö, ü, å and ø likewise
           * @enum {string}
           */
          umlauts?: 'one' | 'two';
        }
      | {
          /**
           * @description An e-mail address
           * @constant
           */
          as: 'email';
          /**
           * @description Whether dots before the "@" count, at gmail.com and googlemail.com
           * @enum {string}
           */
          dots?: 'keep' | 'ignore';
          /**
           * @description Whether what follows a "+" before the "@" counts
           * @enum {string}
           */
          plus?: 'keep' | 'ignore';
        }
      | {
          /**
           * @description A telephone number; the country counts
           * @constant
           */
          as: 'phone';
          /** @description The attribute that holds the country of the person */
          country?: string;
          /** @description Two letters; of numbers that do not say their country */
          defaultCountry?: string;
        }
      | {
          /**
           * @description The same as the word alone
           * @enum {string}
           */
          as: 'asIs' | 'digits' | 'date';
        };
    Preference:
      | 'importance'
      | 'mostFilled'
      | {
          /** @description The attribute that says when */
          mostRecent: string;
        }
      | {
          /** @description The attribute that says when */
          leastRecent: string;
        }
      | {
          /** @description Sources in the order that holds here; the others come after */
          order: string[];
        };
    PreferenceInput:
      | 'importance'
      | 'mostFilled'
      | {
          /** @description The attribute that says when */
          mostRecent: string;
        }
      | {
          /** @description The attribute that says when */
          leastRecent: string;
        }
      | {
          /** @description Sources in the order that holds here; the others come after */
          order: string[];
        };
    Rule: {
      /** @description For a relationship: the number, date or other value to compare, made of its rows. */
      aggregate?: {
        /** @description With "first" and "last": the column of numbers, dates or times that orders the rows. */
        by?: string;
        /** @description The column it is made of; "count" has none. */
        column?: string;
        /**
         * @description What to make of the related rows.
         * @enum {string}
         */
        function: 'count' | 'countDistinct' | 'sum' | 'average' | 'min' | 'max' | 'first' | 'last';
      };
      /** @description With "match": count the different values of this column instead of rows. */
      distinct?: string;
      /** @description A profile attribute, the id of a relationship, or "segment" for members of other segments. In a group over the rows of a table: one of its columns, or the id of a relationship from or to that table. */
      field: string;
      /** @description The editor's own id of this node; means nothing here. */
      id?: string;
      /** @description Text only: "Cluj" and "CLUJ" are the same. */
      ignoreCase?: boolean;
      /** @description Negative operators only: rows without a value count too. Otherwise they never do. */
      includeMissing?: boolean;
      /** @description For a relationship: how many of its rows, of this person or this row, must satisfy the group in "value". */
      match?: {
        /**
         * @description How many related rows must satisfy the group in "value".
         * @enum {string}
         */
        mode: 'all' | 'some' | 'any' | 'none' | 'atLeast' | 'atMost' | 'exactly';
        /** @description The number for atLeast, atMost and exactly. */
        threshold?: number | null;
      };
      /**
       * @description What is asked of the field.
       * @enum {string}
       */
      operator:
        | '='
        | '!='
        | '<'
        | '<='
        | '>'
        | '>='
        | 'between'
        | 'notBetween'
        | 'in'
        | 'notIn'
        | 'contains'
        | 'doesNotContain'
        | 'beginsWith'
        | 'doesNotBeginWith'
        | 'endsWith'
        | 'doesNotEndWith'
        | 'withinLast'
        | 'notWithinLast'
        | 'withinNext'
        | 'notWithinNext'
        | 'monthOf'
        | 'weekdayOf'
        | 'anniversaryWithinNext'
        | 'empty'
        | 'notEmpty'
        | 'null'
        | 'notNull';
      /** @description What to compare with; for a relationship with "match", the group its rows must satisfy, whose rules can follow further relationships. */
      value?:
        | string
        | number
        | boolean
        | null
        | (string | number)[]
        | components['schemas']['Duration']
        | components['schemas']['RuleGroup'];
      /**
       * @description "field": the value is the name of another field to compare with.
       * @enum {string}
       */
      valueSource?: 'value' | 'field';
      /** @description With "aggregate": only these related rows. */
      where?: components['schemas']['RuleGroup'];
    };
    RuleGroup: {
      /**
       * @description Whether all rules or any one of them must hold. Without it, "union", "intersect" or "except" stands between each two rules, and they are taken from the top.
       * @enum {string}
       */
      combinator?: 'and' | 'or';
      /** @description The editor's own id of this node; means nothing here. */
      id?: string;
      /** @description Turns the group round: the people who are not in it. */
      not?: boolean;
      /** @description Rules and further groups. A group without any holds for everybody. */
      rules: (
        | components['schemas']['RuleGroup']
        | components['schemas']['Rule']
        | ('union' | 'intersect' | 'except')
      )[];
    };
    RuleGroupInput: {
      /**
       * @description Whether all rules or any one of them must hold. Without it, "union", "intersect" or "except" stands between each two rules, and they are taken from the top.
       * @enum {string}
       */
      combinator?: 'and' | 'or';
      /** @description The editor's own id of this node; means nothing here. */
      id?: string;
      /** @description Turns the group round: the people who are not in it. */
      not?: boolean;
      /** @description Rules and further groups. A group without any holds for everybody. */
      rules: (
        | components['schemas']['RuleGroupInput']
        | components['schemas']['RuleInput']
        | ('union' | 'intersect' | 'except')
      )[];
    };
    RuleInput: {
      /** @description For a relationship: the number, date or other value to compare, made of its rows. */
      aggregate?: {
        /** @description With "first" and "last": the column of numbers, dates or times that orders the rows. */
        by?: string;
        /** @description The column it is made of; "count" has none. */
        column?: string;
        /**
         * @description What to make of the related rows.
         * @enum {string}
         */
        function: 'count' | 'countDistinct' | 'sum' | 'average' | 'min' | 'max' | 'first' | 'last';
      };
      /** @description With "match": count the different values of this column instead of rows. */
      distinct?: string;
      /** @description A profile attribute, the id of a relationship, or "segment" for members of other segments. In a group over the rows of a table: one of its columns, or the id of a relationship from or to that table. */
      field: string;
      /** @description The editor's own id of this node; means nothing here. */
      id?: string;
      /** @description Text only: "Cluj" and "CLUJ" are the same. */
      ignoreCase?: boolean;
      /** @description Negative operators only: rows without a value count too. Otherwise they never do. */
      includeMissing?: boolean;
      /** @description For a relationship: how many of its rows, of this person or this row, must satisfy the group in "value". */
      match?: {
        /**
         * @description How many related rows must satisfy the group in "value".
         * @enum {string}
         */
        mode: 'all' | 'some' | 'any' | 'none' | 'atLeast' | 'atMost' | 'exactly';
        /** @description The number for atLeast, atMost and exactly. */
        threshold?: number | null;
      };
      /**
       * @description What is asked of the field.
       * @enum {string}
       */
      operator:
        | '='
        | '!='
        | '<'
        | '<='
        | '>'
        | '>='
        | 'between'
        | 'notBetween'
        | 'in'
        | 'notIn'
        | 'contains'
        | 'doesNotContain'
        | 'beginsWith'
        | 'doesNotBeginWith'
        | 'endsWith'
        | 'doesNotEndWith'
        | 'withinLast'
        | 'notWithinLast'
        | 'withinNext'
        | 'notWithinNext'
        | 'monthOf'
        | 'weekdayOf'
        | 'anniversaryWithinNext'
        | 'empty'
        | 'notEmpty'
        | 'null'
        | 'notNull';
      /** @description What to compare with; for a relationship with "match", the group its rows must satisfy, whose rules can follow further relationships. */
      value?:
        | string
        | number
        | boolean
        | null
        | (string | number)[]
        | components['schemas']['DurationInput']
        | components['schemas']['RuleGroupInput'];
      /**
       * @description "field": the value is the name of another field to compare with.
       * @enum {string}
       */
      valueSource?: 'value' | 'field';
      /** @description With "aggregate": only these related rows. */
      where?: components['schemas']['RuleGroupInput'];
    };
    UnifyRule: {
      /** @description Attributes that must all agree; a blank agrees with nothing */
      fields: {
        [key: string]:
          | 'exact'
          | {
              /**
               * @description jaroWinkler (the default) is kind to slips behind the first letters; editDistance is (length − edits) / length; tokens compares sets of words
               * @enum {string}
               */
              by?: 'jaroWinkler' | 'editDistance' | 'tokens';
              /** @description In which form; absent: that of the attribute */
              normalise?: components['schemas']['Normaliser'];
              /** @description At least this alike; absent: equal */
              similar?: components['schemas']['Likeness'];
            };
      };
      /** @description What people see; absent: made of the fields */
      name?: string;
      /** @description Exceptions: two records for which one of them holds are not joined by this rule */
      unless?: {
        [key: string]:
          | 'different'
          | 'exact'
          | {
              /**
               * @description jaroWinkler (the default) is kind to slips behind the first letters; editDistance is (length − edits) / length; tokens compares sets of words
               * @enum {string}
               */
              by?: 'jaroWinkler' | 'editDistance' | 'tokens';
              /** @description In which form; absent: that of the attribute */
              normalise?: components['schemas']['Normaliser'];
              /** @description Both are filled and at least this alike */
              similar: components['schemas']['Likeness'];
            }
          | {
              /**
               * @description jaroWinkler (the default) is kind to slips behind the first letters; editDistance is (length − edits) / length; tokens compares sets of words
               * @enum {string}
               */
              by?: 'jaroWinkler' | 'editDistance' | 'tokens';
              /** @description Both are filled and less alike than this */
              different: components['schemas']['Likeness'];
              /** @description In which form; absent: that of the attribute */
              normalise?: components['schemas']['Normaliser'];
            };
      };
    };
    UnifyRuleInput: {
      /** @description Attributes that must all agree; a blank agrees with nothing */
      fields: {
        [key: string]:
          | 'exact'
          | {
              /**
               * @description jaroWinkler (the default) is kind to slips behind the first letters; editDistance is (length − edits) / length; tokens compares sets of words
               * @enum {string}
               */
              by?: 'jaroWinkler' | 'editDistance' | 'tokens';
              /** @description In which form; absent: that of the attribute */
              normalise?: components['schemas']['NormaliserInput'];
              /** @description At least this alike; absent: equal */
              similar?: components['schemas']['LikenessInput'];
            };
      };
      /** @description What people see; absent: made of the fields */
      name?: string;
      /** @description Exceptions: two records for which one of them holds are not joined by this rule */
      unless?: {
        [key: string]:
          | 'different'
          | 'exact'
          | {
              /**
               * @description jaroWinkler (the default) is kind to slips behind the first letters; editDistance is (length − edits) / length; tokens compares sets of words
               * @enum {string}
               */
              by?: 'jaroWinkler' | 'editDistance' | 'tokens';
              /** @description In which form; absent: that of the attribute */
              normalise?: components['schemas']['NormaliserInput'];
              /** @description Both are filled and at least this alike */
              similar: components['schemas']['LikenessInput'];
            }
          | {
              /**
               * @description jaroWinkler (the default) is kind to slips behind the first letters; editDistance is (length − edits) / length; tokens compares sets of words
               * @enum {string}
               */
              by?: 'jaroWinkler' | 'editDistance' | 'tokens';
              /** @description Both are filled and less alike than this */
              different: components['schemas']['LikenessInput'];
              /** @description In which form; absent: that of the attribute */
              normalise?: components['schemas']['NormaliserInput'];
            };
      };
    };
    UnifyScore: {
      /** @description Which records are compared at all: those that share all attributes of one entry; absent: chosen by counting */
      blocks?: string[][];
      /** @description Attributes that are compared; absent: all whose name says that they tell people apart */
      fields?: {
        [key: string]:
          | ('name' | 'text' | 'date' | 'email' | 'phone' | 'number' | 'exact')
          | {
              /**
               * @description name, text: alike by Jaro and Winkler; date: a digit or two wrong, day and month exchanged; email: the same part before the "@"; phone, number: a digit or two wrong; exact: equal or not
               * @enum {string}
               */
              compare: 'name' | 'text' | 'date' | 'email' | 'phone' | 'number' | 'exact';
              /** @description Whether agreeing in a rare value says more than in a common one; absent: of name and text */
              frequency?: boolean;
              /** @description In which form; absent: that of the attribute */
              normalise?: components['schemas']['Normaliser'];
            };
      };
      /**
       * @description Two records are one person when they are so with enough probability
       * @constant
       */
      mode: 'score';
      /** @description A record has at most one partner in each other source: for sources without duplicates */
      oneToOne?: boolean;
      /** @description Rules that come first; the score joins what they leave apart */
      rules?: components['schemas']['UnifyRule'][];
      /** @description From which probability two records are one person; absent: 0.95 */
      threshold?: number;
    };
    UnifyScoreInput: {
      /** @description Which records are compared at all: those that share all attributes of one entry; absent: chosen by counting */
      blocks?: string[][];
      /** @description Attributes that are compared; absent: all whose name says that they tell people apart */
      fields?: {
        [key: string]:
          | ('name' | 'text' | 'date' | 'email' | 'phone' | 'number' | 'exact')
          | {
              /**
               * @description name, text: alike by Jaro and Winkler; date: a digit or two wrong, day and month exchanged; email: the same part before the "@"; phone, number: a digit or two wrong; exact: equal or not
               * @enum {string}
               */
              compare: 'name' | 'text' | 'date' | 'email' | 'phone' | 'number' | 'exact';
              /** @description Whether agreeing in a rare value says more than in a common one; absent: of name and text */
              frequency?: boolean;
              /** @description In which form; absent: that of the attribute */
              normalise?: components['schemas']['NormaliserInput'];
            };
      };
      /**
       * @description Two records are one person when they are so with enough probability
       * @constant
       */
      mode: 'score';
      /** @description A record has at most one partner in each other source: for sources without duplicates */
      oneToOne?: boolean;
      /** @description Rules that come first; the score joins what they leave apart */
      rules?: components['schemas']['UnifyRuleInput'][];
      /** @description From which probability two records are one person; absent: 0.95 */
      threshold?: number;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
