"""An SMTP server that takes everything and keeps a count: the far end of a benchmark."""

import asyncio
from contextlib import suppress

GREETING = b"220 sink ESMTP\r\n"
EHLO = b"250-sink\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n"
REPLIES = {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n", b"EHLO": EHLO}


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        writer.write(GREETING)
        while line := await reader.readline():
            verb = line[:4].upper()
            writer.write(REPLIES.get(verb, b"250 2.0.0 ok\r\n"))
            if verb == b"DATA":
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 2.0.0 taken\r\n")
            if verb == b"QUIT":
                break
    writer.close()


async def serve(ready: "asyncio.Future[int] | None" = None, port: int = 0) -> None:
    server = await asyncio.start_server(converse, "127.0.0.1", port, limit=2**24)
    if ready is not None:
        ready.set_result(server.sockets[0].getsockname()[1])
    async with server:
        await server.serve_forever()
