// Buttons that need a script stay hidden without it: they copy a text, or show a password.
for (const button of document.querySelectorAll("button[data-copies], button[data-shows]")) {
	button.hidden = false;
	const told = button.textContent;
	button.addEventListener("click", async () => {
		if (button.dataset.shows) {
			const field = document.getElementById(button.dataset.shows);
			const hide = field.type === "text";
			field.type = hide ? "password" : "text";
			button.textContent = hide ? told : button.dataset.done;
			button.setAttribute("aria-pressed", String(!hide));
			return;
		}
		const text = document.getElementById(button.dataset.copies);
		if (navigator.clipboard) {
			await navigator.clipboard.writeText(text.textContent);
		} else { // pages without HTTPS on another machine
			getSelection().selectAllChildren(text);
			document.execCommand("copy");
		}
		button.textContent = button.dataset.done;
		setTimeout(() => { button.textContent = told; }, 2000);
	});
}
