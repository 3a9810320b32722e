/// <reference types="@sveltejs/kit" />

declare global {
  namespace App {
    interface PageState {
      /** The composer lies over the page: a new post (`''`), or the post with this id. */
      composer?: string;
    }
  }
}

export {};
