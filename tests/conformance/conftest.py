"""The suite lies in the package; its assertions are explained like those of a test file."""

import pytest

pytest.register_assert_rewrite("boardwell.kit.testing")
