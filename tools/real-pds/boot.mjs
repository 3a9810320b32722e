#!/usr/bin/env node
// Starts a PLC directory and a Bluesky PDS on loopback, makes accounts, says so, and waits.
//
//   node boot.mjs [--port N] [--plc-port N] [--account HANDLE[:PASSWORD]]...
//
// The same by environment: REAL_PDS_PORT, REAL_PDS_PLC_PORT, REAL_PDS_ACCOUNTS (comma separated).
// A port of 0 (the default) takes a free one. The first line on stdout, and the only one, is
//   {"ready":true,"pds":"http://…","plc":"http://…","accounts":[{handle,did,password,appPassword}]}
// Everything lives in a temporary folder that is removed on SIGTERM or SIGINT.
// Any PDS_* variable the server knows (PDS_RATE_LIMITS_ENABLED, PDS_JWT_SECRET, …) is honoured.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { Server, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import pdsPackage from '@atproto/pds'
import plcPackage from '@did-plc/server'

const { PDS, envToCfg, envToSecrets, readEnv } = pdsPackage
const { PlcServer, Database: PlcDatabase } = plcPackage

const LOOPBACK = '127.0.0.1'

/** Both servers call `listen(port)`, which opens every interface; this keeps them on loopback. */
function bindToLoopbackOnly() {
  const listen = Server.prototype.listen
  Server.prototype.listen = function (port, ...rest) {
    const bare = typeof port === 'number' && typeof rest[0] !== 'string'
    return bare ? listen.call(this, port, LOOPBACK, ...rest) : listen.call(this, port, ...rest)
  }
}

/** Command line first, then environment, then defaults. Throws on an option it does not know. */
function readOptions() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: process.env.REAL_PDS_PORT ?? '0' },
      'plc-port': { type: 'string', default: process.env.REAL_PDS_PLC_PORT ?? '0' },
      account: { type: 'string', multiple: true },
    },
  })
  const listed = (process.env.REAL_PDS_ACCOUNTS ?? 'alice.test').split(',')
  return {
    port: parsePort(values.port),
    plcPort: parsePort(values['plc-port']),
    accounts: (values.account ?? listed).map(parseAccount),
  }
}

function parsePort(text) {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535) throw new Error(`not a port: ${text}`)
  return port
}

/** `alice.test:secret`; without a password one is made up. */
function parseAccount(text) {
  const [handle, ...rest] = text.trim().split(':')
  if (!handle.endsWith('.test')) throw new Error(`handle must end in .test: ${handle}`)
  return { handle, password: rest.join(':') || randomBytes(12).toString('hex') }
}

/** The PDS writes its port into DID documents, so the port must be known before it listens. */
async function choosePort(wanted) {
  if (wanted !== 0) return wanted
  const probe = createServer().listen(0)
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}

/** PDS settings: what the caller has in PDS_*, under what must be so for a throw-away server. */
function pdsSettings({ port, plcUrl, folder }) {
  const given = readEnv()
  return {
    inviteRequired: false,
    enableDidDocWithSession: true, // as on bsky.social
    jwtSecret: randomBytes(16).toString('hex'),
    adminPassword: randomBytes(16).toString('hex'),
    plcRotationKeyK256PrivateKeyHex: randomBytes(32).toString('hex'),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    port,
    hostname: 'localhost', // the only name the server accepts over plain HTTP
    devMode: true,
    didPlcUrl: plcUrl,
    serviceHandleDomains: ['.test'],
    dataDirectory: join(folder, 'pds'),
    blobstoreDiskLocation: join(folder, 'blobs'),
    blobstoreDiskTmpLocation: join(folder, 'blobs-tmp'),
    crawlers: [], // tell nobody outside
  }
}

/** One XRPC procedure; throws with the server's own words. */
async function call(origin, method, body, token) {
  const response = await fetch(`${origin}/xrpc/${method}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method}: ${response.status} ${text}`)
  return JSON.parse(text)
}

/** An account with one app password, of the unprivileged kind a person would hand out. */
async function createAccount(origin, { handle, password }) {
  const email = `${handle.replace(/\.test$/, '')}@example.com`
  const session = await call(origin, 'com.atproto.server.createAccount', { handle, email, password })
  const app = await call(
    origin,
    'com.atproto.server.createAppPassword',
    { name: 'postrider' },
    session.accessJwt,
  )
  return { handle, did: session.did, password, appPassword: app.password }
}

/** Undoes every start in reverse order; one failing step does not stop the rest. */
class Cleanup {
  #steps = []
  #running

  add(step) {
    this.#steps.unshift(step)
  }

  run() {
    this.#running ??= this.#runAll()
    return this.#running
  }

  async #runAll() {
    for (const step of this.#steps) {
      await step().catch((error) => console.error(`real-pds: while stopping: ${error.message}`))
    }
  }
}

async function start(options, cleanup) {
  const folder = await mkdtemp(join(tmpdir(), 'postrider-real-pds-'))
  cleanup.add(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'pds'))

  const plcPort = await choosePort(options.plcPort)
  const plcUrl = `http://${LOOPBACK}:${plcPort}`
  const plc = PlcServer.create({ db: PlcDatabase.mock(), port: plcPort })
  await plc.start()
  cleanup.add(() => plc.destroy())

  const settings = pdsSettings({ port: await choosePort(options.port), plcUrl, folder })
  const pds = await PDS.create(envToCfg(settings), envToSecrets(settings))
  await pds.start()
  cleanup.add(() => pds.destroy())

  const origin = pds.ctx.cfg.service.publicUrl
  const accounts = []
  for (const account of options.accounts) accounts.push(await createAccount(origin, account))
  return { ready: true, pds: origin, plc: plcUrl, accounts }
}

async function main() {
  const cleanup = new Cleanup()
  const stop = (code) => cleanup.run().then(() => process.exit(code))
  process.on('SIGTERM', () => stop(0))
  process.on('SIGINT', () => stop(0))
  // A port already taken arrives as an 'error' event of the server, not as a rejection.
  const fail = (error) => {
    console.error(`real-pds: ${error.message}`)
    return stop(1)
  }
  process.on('uncaughtException', fail)
  try {
    bindToLoopbackOnly()
    console.log(JSON.stringify(await start(readOptions(), cleanup)))
  } catch (error) {
    await fail(error)
  }
}

await main()
