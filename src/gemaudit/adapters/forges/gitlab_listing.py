"""Which projects there are on GitLab, and what the heads of their default branches are."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import batched
from typing import cast
from urllib.parse import quote

import msgspec
from msgspec import Struct

from gemaudit.adapters.forges import gitlab_queries as queries
from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Page
