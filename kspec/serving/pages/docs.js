"use strict";
const access = document.querySelector("#access");
const token = document.querySelector("#token");

async function show() {
  const headers = token.value ? { authorization: `Bearer ${token.value.trim()}` } : {};
  const response = await fetch("openapi.json", { headers });
  access.hidden = response.status !== 401;
  if (response.status === 401) {
    token.value = "";
    token.focus();
    return;
  }
  const ui = SwaggerUIBundle({ spec: await response.json(), dom_id: "#api", deepLinking: true, validatorUrl: null });
  if (token.value) ui.preauthorizeApiKey("token", token.value.trim());
}

access.addEventListener("submit", (event) => { event.preventDefault(); show(); });
show();
