/* The studio's script: all of its pages work without it, by forms and reload. */
import { startEditing } from "./edit.js";
import { onForms } from "./forms.js";
import { startDrag } from "./items.js";
import { startKeys } from "./keys.js";
import { watch } from "./live.js";
import { onShown, shown } from "./swap.js";
import { tellTimes } from "./times.js";

onShown(watch);
onShown(tellTimes);
startEditing();
startDrag();
onForms();
startKeys();
shown();
