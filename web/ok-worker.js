// SPDX-License-Identifier: Apache-2.0
// Makes /ok installable on a phone, and shows that a sign-in waits. Keeps nothing: every request goes to the network.
"use strict";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", () => {});

self.addEventListener("push", (event) => {
  const text = self.navigator.language.startsWith("ja") ? "サインインが承認待ちです。" : "A sign-in waits for your approval.";
  event.waitUntil(self.registration.showNotification(text, { tag: "seimon", icon: "/ok.svg" }));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow("/ok"));
});
