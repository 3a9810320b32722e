// Uploads a file with the official tus client and prints one line of JSON: where it is, and how often it began again.
// usage: node upload.mjs ENDPOINT FILE CHUNK_BYTES KEY
import { createReadStream, statSync } from 'node:fs'
import { Agent } from 'node:http'
import { DefaultHttpStack, Upload } from 'tus-js-client'

const [endpoint, path, chunk, key] = process.argv.slice(2)
let retries = 0
const upload = new Upload(createReadStream(path), {
  endpoint,
  chunkSize: Number(chunk),
  uploadSize: statSync(path).size,
  headers: { authorization: `Bearer ${key}` },
  metadata: { filename: 'film.mp4', filetype: 'video/mp4', alt: 'a long film' },
  retryDelays: [0, 500, 1000, 2000, 3000, 3000, 3000, 3000, 3000, 3000],
  // A connection for each request, so that a balancer in front spreads them.
  httpStack: new DefaultHttpStack({ agent: new Agent({ keepAlive: false }) }),
  onShouldRetry: (error, attempt, options) => {
    retries += 1
    const status = error.originalResponse ? error.originalResponse.getStatus() : 0
    return status < 400 || status >= 500 || status === 409 || status === 423
  },
  onProgress: (sent, total) => process.stderr.write(`${sent}/${total}\n`),
  onError: (error) => {
    console.error(String(error))
    process.exitCode = 1
  },
  onSuccess: () => console.log(JSON.stringify({ url: upload.url, retries })),
})
upload.start()
