/* The studio's script: all of its pages work without it, by forms and reload. */
import { startEditing } from "./edit.js";
import { interceptForms } from "./forms.js";
import { startDragging } from "./items.js";
import { startKeys } from "./keys.js";
import { watchProgress } from "./live.js";
import { onShown, shown } from "./swap.js";
import { tellTimes } from "./times.js";

onShown(watchProgress);
onShown(tellTimes);
startEditing();
startDragging();
interceptForms();
startKeys();
shown();
