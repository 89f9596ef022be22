# bench/alter_sdk.py: what the Alter SDK does for each request, with httpx: a signed POST for the token, the call, and a
# POST that tells how it ended. Serves rounds as bench/rounds.h has it.
"""usage: alter_sdk.py BACKEND URL"""
import asyncio
import hashlib
import hmac
import json
import secrets
import sys
import time

import httpx

KEY = "alter_rk_bench0123456789abcdef_0000"
SIGNING = hmac.new(KEY.encode(), b"alter-signing-v1", hashlib.sha256).digest()


def signed(method, target, body):
    digest, stamp, nonce = hashlib.sha256(body).hexdigest(), str(int(time.time())), secrets.token_hex(16)
    message = "\n".join((method, target, stamp, nonce, digest)).encode()
    return {"x-api-key": KEY, "x-alter-timestamp": stamp, "x-alter-nonce": nonce, "x-alter-content-sha256": digest,
            "x-alter-signature": hmac.new(SIGNING, message, hashlib.sha256).hexdigest(),
            "x-alter-caller": "bench", "x-alter-caller-type": "service", "content-type": "application/json"}


async def post(client, backend, target, fields):
    body = json.dumps(fields).encode()
    answer = await client.post(backend + target, content=body, headers=signed("POST", target, body))
    answer.raise_for_status()
    return answer.json()


async def request(backend, provider, base, url):
    began = time.perf_counter()
    token = await post(backend, base, "/sdk/token",
                       {"grant_id": "bench", "method": "GET", "url": url, "reason": "bench", "context": {}})
    value = token["injection_format"].replace("{token}", token["access_token"])
    answer = await provider.get(url, headers={token["injection_header"]: value})
    answer.raise_for_status()
    await post(backend, base, "/sdk/audit/api-call",
               {"grant_id": "bench", "provider_id": token["provider_id"], "method": "GET", "url": url,
                "request_headers": {}, "request_body": None, "response_status": answer.status_code,
                "response_headers": dict(answer.headers), "response_body": answer.text[:10000],
                "latency_ms": int((time.perf_counter() - began) * 1000), "reason": "bench", "context": {}})


async def main(base, url):
    async with httpx.AsyncClient() as backend, httpx.AsyncClient() as provider:
        for line in sys.stdin:
            began, cpu = time.monotonic_ns(), time.process_time_ns()
            for _ in range(int(line)):
                await request(backend, provider, base, url)
            print(time.monotonic_ns() - began, 0, time.process_time_ns() - cpu, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
