
"use strict";
// A dot of the front and the row of its network light up together.
(() => {
  const all = [...document.querySelectorAll("[data-member]")];
  const light = (member, class_) => {
    for (const one of all) one.classList.toggle(class_, one.dataset.member === member);
  };
  let kept = "";
  for (const one of all) {
    one.addEventListener("mouseenter", () => light(one.dataset.member, "lit"));
    one.addEventListener("mouseleave", () => light(kept, "lit"));
    one.addEventListener("focus", () => light(one.dataset.member, "lit"));
    one.addEventListener("blur", () => light(kept, "lit"));
    one.addEventListener("click", () => {
      kept = one.dataset.member;
      light(kept, "lit");
    });
  }
})();
