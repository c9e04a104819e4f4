"""What an installation says about GitHub: where it is, and as whom it is asked.

Decides which sort of sign-in a set of settings means. Refuses to read the environment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pydantic import SecretStr

GITHUB_URL: Final = "https://api.github.com"


@dataclass(frozen=True, slots=True)
class GitHubSettings:
    """A token, or an App that is installed somewhere.

    Attributes:
        token: personal, fine-grained or of a machine; it wins over an App.
        app_id: of a GitHub App, or its client id.
        private_key: the App's, as PEM.
        installation_id: where the App is installed.
        api_url: of GitHub, or of a server of one's own: ``https://HOST/api/v3``.
        timeout_s: how long one request may take.
    """

    token: SecretStr | None = None
    app_id: str = ""
    private_key: SecretStr | None = None
    installation_id: str = ""
    api_url: str = GITHUB_URL
    timeout_s: float = 20.0

    @property
    def connected(self) -> bool:
        """Whether there is something to sign in with."""
        return self.token is not None or self.is_app

    @property
    def is_app(self) -> bool:
        """Whether it is an App that signs in."""
        return self.token is None and bool(
            self.app_id and self.private_key and self.installation_id
        )
