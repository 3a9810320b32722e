/** Light, dark or as the system has it; kept in a cookie, so that the server sends the page as it was left. */
export type Theme = 'system' | 'light' | 'dark';

const YEAR_S = 31_536_000;

class Appearance {
  theme = $state<Theme>((document.documentElement.dataset.theme as Theme | undefined) ?? 'system');

  set(theme: Theme): void {
    this.theme = theme;
    document.documentElement.dataset.theme = theme;
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    document.cookie = `theme=${theme}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax${secure}`;
  }
}

export const appearance = new Appearance();
