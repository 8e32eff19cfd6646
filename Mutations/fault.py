"""The faults: patches with a header."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import schemata

ROOT = pathlib.Path(__file__).resolve().parent.parent
FAULTS = ROOT / "Mutations" / "faults"


class DoesNotApply(Exception):
    """A patch for files that aren't so any more."""


class Fault:
    """One patch. Its header says `Fault:` what is wrong, `Weakness:` which known one it is, if any, `Tests:` which suites have to
    notice, as filters of the test runner, in their order until one notices, and `Build: own` if it can't be woven in."""

    def __init__(self, path):
        self.path = path
        self.name = path.stem
        self.number = schemata.number(self.name)
        text = path.read_text(encoding="utf-8")
        header = text.split("diff --git", 1)[0]
        fields = dict(re.findall(r"^(\w+): +(.+)$", header, re.MULTILINE))
        if not {"Fault", "Tests"} <= fields.keys():
            sys.exit(f"Mutations/run: {path.name} must begin with the lines Fault: and Tests:")
        self.text = fields["Fault"]
        self.weakness = fields.get("Weakness", "")
        self.filters = tuple(fields["Tests"].split())
        self.files = re.findall(r"^\+\+\+ b/(.+)$", text, re.MULTILINE)
        self.has_own_build = fields.get("Build") == "own" or any(not name.endswith(".swift") for name in self.files)

    @property
    def order(self):
        """Those in the same file one after the other: then a build undoes one fault and makes the next in the same module."""
        return self.files[0], self.name

    def changed_files(self):
        """The checkout's files as the patch leaves them, by name."""
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for name in self.files:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                if (ROOT / name).exists():
                    (folder / name).write_bytes((ROOT / name).read_bytes())
            # Within a repository git would apply nothing that isn't in it.
            environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
            applied = subprocess.run(
                ["git", "apply", str(self.path)], cwd=folder, env=environment, capture_output=True, text=True, check=False)
            if applied.returncode != 0:
                raise DoesNotApply(applied.stderr.strip())
            return {name: (folder / name).read_text(encoding="utf-8") for name in self.files}

    def complaint(self):
        """Why the patch doesn't fit the checkout, or nothing. A hunk that fits at several places goes to the nearest one, which need
        not be the one that was meant."""
        try:
            self.changed_files()
        except DoesNotApply as reason:
            return f"does not apply: {reason}"
        for name, old in self.replaced():
            count = (ROOT / name).read_text(encoding="utf-8").count(old)
            if count > 1:
                return f"fits at {count} places of {name}: give it more lines of context"
        return ""

    def replaced(self):
        """For each hunk the file, and the lines that it takes the place of."""
        name, text = None, self.path.read_text(encoding="utf-8")
        for part in re.split(r"^(\+\+\+ b/.*|@@ .*|diff --git .*)\n", text, flags=re.MULTILINE):
            if part.startswith("+++ b/"):
                name = part.removeprefix("+++ b/")
            elif part[:1] in (" ", "-", "+") and not part.startswith("---"):
                yield name, "".join(line[1:] for line in part.splitlines(keepends=True) if line[0] in " -")


def load():
    """All faults."""
    faults = sorted((Fault(path) for path in FAULTS.glob("*.patch")), key=lambda fault: fault.order)
    if len({fault.number for fault in faults}) < len(faults):
        sys.exit("Mutations/run: two faults have the same number; give one of them another name")
    return faults
