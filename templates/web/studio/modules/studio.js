/* The studio's script: all of its pages work without it, by forms and reload. */
import { interceptForms } from "./forms.js";
import { startKeys } from "./keys.js";
import { watchProgress } from "./live.js";
import { onShown, shown } from "./swap.js";
import { tellTimes } from "./times.js";

onShown(watchProgress);
onShown(tellTimes);
interceptForms();
startKeys();
shown();
