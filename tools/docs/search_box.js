// Shows what the search finds while it is typed.
const box = document.querySelector("input[type=search]");
const hits = document.getElementById("hits");
box.addEventListener("input", () => {
  const found = FOUND.search(box.value).slice(0, 12);
  hits.replaceChildren(...found.map(({ id, title, page }) => {
    const link = document.createElement("a");
    link.href = `${box.dataset.root}/${id}`;
    link.textContent = title === page ? title : `${page}: ${title}`;
    return link;
  }));
  if (box.value && found.length === 0) {
    hits.textContent = "Nothing found";
  }
});
