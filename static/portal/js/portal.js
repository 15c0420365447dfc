// Everything, on every page; each script looks for what it is about.
import "./messages.js";
import "./responses.js";
import "./dialog.js";
import "./tabs.js";
import "./scope.js";
import "./expiry.js";
import "./nodes.js";
import "./choose.js";
import "./enter.js";
import "./local-time.js";
import "./copy.js";
import "./leave-guard.js";
import "./menus.js";
