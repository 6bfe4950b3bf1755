import { hash } from 'node:crypto';

export const interestCategoryTypes = ['checkboxes', 'dropdown', 'radio', 'hidden'] as const;
export type InterestCategoryType = (typeof interestCategoryTypes)[number];

export interface Interest {
  readonly id: string;
  name: string;
  displayOrder: number;
}

export interface InterestCategory {
  readonly id: string;
  title: string;
  type: InterestCategoryType;
  displayOrder: number;
  readonly interests: Map<string, Interest>;
}

/** The groups that people of an audience choose from. */
export class InterestGroups {
  readonly categories = new Map<string, InterestCategory>();
  readonly #audience: string;
  #made = 0;

  constructor(audience: string) {
    this.#audience = audience;
  }

  addCategory(title: string, type: InterestCategoryType): InterestCategory {
    const displayOrder = this.categories.size;
    const category = { id: this.#newId(), title, type, displayOrder, interests: new Map<string, Interest>() };
    this.categories.set(category.id, category);
    return category;
  }

  addInterest(category: InterestCategory, name: string): Interest {
    const interest = { id: this.#newId(), name, displayOrder: category.interests.size + 1 };
    category.interests.set(interest.id, interest);
    return interest;
  }

  /** Ids of all interests of all categories. */
  allIds(): string[] {
    return [...this.categories.values()].flatMap((category) => [...category.interests.keys()]);
  }

  #newId(): string {
    return hash('md5', `interest ${this.#audience} ${++this.#made}`).slice(0, 10);
  }
}
