#!/usr/bin/env node
// Reads events back from a relay with a client that is none of ours, and says what it makes of them.
//
//   node events.mjs RELAY ID...
//
// One line of JSON on stdout, a list with one entry for each id, in the order asked:
//   {event, verified, root, reply, mentions, files: [{url, x, m, alt, dim, size, status, bytes, sha256}]}
// `verified` is the library's answer on id and signature, `root` and `reply` its reading of the thread (NIP-10), `files`
// what each `imeta` tag (NIP-92) says and what is really at its address. An id that the relay does not have is an error.

import { createHash } from 'node:crypto'

import { parse as thread } from 'nostr-tools/nip10'
import { verifyEvent } from 'nostr-tools/pure'
import { Relay, useWebSocketImplementation } from 'nostr-tools/relay'
import WebSocket from 'ws'

const WAIT_MS = 10_000

/** Everything the relay has under these ids, up to the end of what it stored. */
async function fetchEvents(url, ids) {
  useWebSocketImplementation(WebSocket)
  const relay = await Relay.connect(url)
  try {
    return await new Promise((resolve, reject) => {
      const found = new Map()
      const timer = setTimeout(() => reject(new Error(`${url} did not finish in ${WAIT_MS} ms`)), WAIT_MS)
      relay.subscribe([{ ids }], {
        onevent: (event) => found.set(event.id, event),
        oneose: () => (clearTimeout(timer), resolve(found)),
        onclose: (reason) => (clearTimeout(timer), reject(new Error(`${url} closed: ${reason}`))),
      })
    })
  } finally {
    relay.close()
  }
}

/** The fields of an `imeta` tag: `key value`, the value up to the end. */
function fieldsOf(tag) {
  return Object.fromEntries(
    tag.slice(1).map((field) => [field.slice(0, field.indexOf(' ')), field.slice(field.indexOf(' ') + 1)]),
  )
}

/** What is at the address of a file. */
async function fetchFile(fields) {
  const response = await fetch(fields.url)
  const bytes = Buffer.from(await response.arrayBuffer())
  return {
    ...fields,
    status: response.status,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }
}

async function describe(event) {
  // The library remembers on the object that it has verified it, so it gets a copy as it came over the wire.
  const plain = JSON.parse(JSON.stringify(event))
  const { root, reply, mentions } = thread(plain)
  const files = await Promise.all(
    plain.tags.filter(([name]) => name === 'imeta').map((tag) => fetchFile(fieldsOf(tag))),
  )
  return { verified: verifyEvent(plain), root: root?.id, reply: reply?.id, mentions, files, event: plain }
}

const [url, ...ids] = process.argv.slice(2)
if (ids.length === 0) {
  console.error('usage: node events.mjs RELAY ID...')
  process.exit(2)
}
const found = await fetchEvents(url, ids)
const missing = ids.filter((id) => !found.has(id))
if (missing.length > 0) {
  console.error(`${url} does not have ${missing.join(', ')}`)
  process.exit(1)
}
console.log(JSON.stringify(await Promise.all(ids.map((id) => describe(found.get(id))))))
