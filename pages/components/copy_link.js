// Copies the address of the page as it is now.
export default function ({ parentElement, data }) {
  const button = parentElement.querySelector("button");
  button.textContent = data.label;
  button.onclick = async () => {
    // Browsers give the clipboard to https and to this very machine only.
    const copied = await navigator.clipboard?.writeText(window.location.href).then(() => true);
    if (!copied) return window.prompt("Copy this address", window.location.href);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = data.label; }, 1500);
  };
}
