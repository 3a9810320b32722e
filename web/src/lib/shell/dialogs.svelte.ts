export type ShellDialog = 'new-workspace' | 'notifications';

/** The dialogs that belong to no screen. One at a time is open. */
class Dialogs {
  open = $state<ShellDialog>();

  show(which: ShellDialog): void {
    this.open = which;
  }

  hide(): void {
    this.open = undefined;
  }
}

export const dialogs = new Dialogs();
