"""A small OpenID provider on loopback, strict about what it is asked, and crooked where a test wants it to be."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "shiken-north", "a:b/c secret %+"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})


class Provider:
    """``with Provider() as provider: …``; ``claims`` is what it says of whoever signs in."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {
            "sub": "ann-1",
            "email": "ann@school.test",
            "email_verified": True,
            "given_name": "Ann",
            "family_name": "Lee",
        }
        self.about: dict[str, Any] = {}
        self.published = [KEY]
        self.sign: Callable[[dict[str, Any]], str] = lambda claims: jwt.encode(
            {"alg": "RS256", "kid": "one"}, claims, KEY
        )
        self.in_userinfo: dict[str, Any] = {}
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.delay = 0.0

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # -- what it serves --------------------------------------------------------------------------------------------

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256"],
            **self.about,
        }

    def authorize(self, asked: dict[str, str]) -> str:
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        name, _, word = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if (unquote(name), unquote(word)) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        told = {name: value for name, value in {**claims, **self.claims}.items() if value is not None}
        return 200, {"token_type": "Bearer", "access_token": "for-userinfo", "id_token": self.sign(told)}

    # -- what a browser does ---------------------------------------------------------------------------------------

    @staticmethod
    def visit(url: str) -> dict[str, str]:
        """Go there, agree, and come back: what stands in the address to which one is sent."""
        answer = httpx.get(url, follow_redirects=False, trust_env=False)
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["Location"])
        return {**_single(back.query), "to": f"{back.scheme}://{back.netloc}{back.path}"}


def _single(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place = urlsplit(self.path)
            provider.asked.append(place.path)
            time.sleep(provider.delay)
            if place.path == "/.well-known/openid-configuration":
                return self.say(200, provider.configuration())
            if place.path == "/jwks":
                return self.say(200, {"keys": [key.as_dict(private=False) for key in provider.published]})
            if place.path == "/userinfo" and self.headers["Authorization"] == "Bearer for-userinfo":
                return self.say(200, provider.in_userinfo)
            if place.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(_single(place.query)))
                return self.end_headers()
            return self.say(404, {})

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            form = _single(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.say(*provider.token(form, self.headers.get("Authorization", "")))

        def say(self, status: int, body: dict[str, Any]) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
