// What embed.js gives a page: `WidgetHost.open` and the element `<widget-host>`.
declare namespace WidgetHost {
  type Widget = "point-exchange" | "multibrand";
  type Theme = "light" | "dark" | "auto";

  /** What your backend was answered when it asked for a widget; only the address is needed. */
  interface Token {
    widgetUrl: string;
    accessToken?: string;
    expiresIn?: number;
  }

  interface Success {
    transactionId: string;
    referenceNumber: string;
    programId: string;
    totalPoints: number;
    value: number;
    currency: string;
    status: "COMPLETED" | "PENDING";
  }

  interface PreferencesChanged {
    changes: { type: "LINKED" | "UPDATED" | "DELINKED"; destinationProgramId: string }[];
  }

  interface Failure {
    code: string;
    /** For your log. */
    message: string;
    /** What the customer was told, or may be told. */
    displayMessage: string;
    recoverable: boolean;
    /** Name it when you ask about the failure. */
    requestId: string | null;
  }

  interface Exit {
    reason: "done" | "cancel" | "expired" | "host";
    step: string | null;
  }

  interface Messages {
    ready: Record<string, never>;
    resize: { height: number };
    step: { name: string };
    success: Success;
    "preferences.changed": PreferencesChanged;
    error: Failure;
    "token.request": { expiresInMs: number };
    "session.expired": Record<string, never>;
    exit: Exit;
  }

  type Event = { [Type in keyof Messages]: { type: Type; payload: Messages[Type] } }[keyof Messages];

  interface Options {
    /** The Purchase widget where left out. */
    widget?: Widget;
    /** Asks your backend for a widget of the customer who is signed in; called again when a session is to go on. */
    fetchToken: () => Token | Promise<Token>;
    /** Where the frame goes: an element, or a selector of one. */
    container: Element | string;
    theme?: Theme;
    /** The widget's language, as BCP 47 has it. */
    locale?: string;
    onReady?: (payload: Messages["ready"]) => void;
    /** A hint for the screen: your webhook says it with authority. */
    onSuccess?: (payload: Success) => void;
    onExit?: (payload: Exit) => void;
    onError?: (payload: Failure) => void;
    /** Every message, these four included. */
    onEvent?: (event: Event) => void;
  }

  interface Handle {
    readonly frame: HTMLIFrameElement;
    /** Asks the widget to close; the customer is asked first where something would be lost. */
    close(): void;
    /** Takes the frame out of the page at once. */
    remove(): void;
    setTheme(mode: Theme): void;
  }

  function open(options: Options): Handle;
}

/** `<widget-host data-token-url="/widget-token">`: each message is an event of the element, its payload in `detail`. */
interface WidgetHostElement extends HTMLElement {
  /** Used instead of a POST to `data-token-url`. */
  fetchToken?: WidgetHost.Options["fetchToken"];
  readonly handle: WidgetHost.Handle;
}

interface HTMLElementTagNameMap {
  "widget-host": WidgetHostElement;
}
