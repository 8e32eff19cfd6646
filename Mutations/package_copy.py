"""The copy of the package that the faults go into: `.build-mutations/checkout`. The checkout itself is only read.

The copy's `Sources` are as they are here, for the tests that read them. What is built is its `Woven`: the same with the faults
woven in.
"""

import os
import pathlib
import re
import shutil
import subprocess

from fault import DoesNotApply, ROOT
from process import execute, say
from schemata import Unweavable, WovenFile

COPY = ROOT / ".build-mutations" / "checkout"
# The longest a build may take, in seconds: the first one makes everything.
BUILD_LIMIT = 3600
# How often faults of which the compiler complains are taken out, until it is given up.
ROUNDS = 12

# A body may warn within a branch of what it doesn't warn of by itself.
STRICT = "  .treatAllWarnings(as: .error),\n"
# At the end of the manifest. Those with settings are in Swift.
TO_MANIFEST = """
for target in package.targets where target.type != .test {
  target.path = "Woven/\\(target.name)"
  if target.swiftSettings != nil { target.dependencies.append("CFaultSwitch") }
}
package.targets.append(.target(name: "CFaultSwitch", path: "Mutations/CFaultSwitch"))
"""


class PackageCopy:
    """The copy, with these faults woven in as far as that is possible. `reasons` has those that aren't, with the reason."""

    def __init__(self, faults):
        self.files, self.reasons = {}, {}
        for fault in faults:
            try:
                self._weave(fault)
            except (DoesNotApply, Unweavable) as reason:
                self._leave_out(fault.name, str(reason))

    def _weave(self, fault):
        if fault.has_own_build:
            raise Unweavable("its patch says so, or is not of Swift alone")
        for name, text in fault.changed_files().items():
            if name not in self.files:
                self.files[name] = WovenFile((ROOT / name).read_text(encoding="utf-8"))
            self.files[name].add(fault.name, text)

    def _leave_out(self, name, reason):
        self.reasons[name] = reason
        for file in self.files.values():
            file.remove(name)

    def build_all(self):
        """Builds the copy with all faults woven in, but for those of which the compiler complains. Whether that worked."""
        for _ in range(ROUNDS):
            is_built, output = self._build()
            blamed = {} if is_built else self._blamed(output)
            for name, complaint in blamed.items():
                say(f"{name} can't be woven in: {complaint}")
                self._leave_out(name, complaint)
            if not blamed:
                if not is_built:
                    say_complaints(output)
                return is_built
        return False

    def build(self, fault):
        """Builds the copy with this fault as its patch has it. What is wrong with it, or nothing."""
        try:
            changed = fault.changed_files()
        except DoesNotApply as reason:
            return f"does not apply: {reason}"
        is_built, output = self._build(changed)
        if is_built:
            return ""
        say_complaints(output)
        return "does not build"

    def _build(self, changed=None):
        self.lay(changed)
        seed_dependencies()
        status, output = execute(["swift", "build", "--build-tests"], COPY, BUILD_LIMIT)
        return status == 0, output

    def lay(self, changed=None):
        """Makes the copy's files those of the checkout, uncommitted changes and these changed ones included, and touches no
        other."""
        changed = {name: text.encode() for name, text in (changed or {}).items()}
        wanted = set()
        for name in checkout_files() | changed.keys():
            contents = changed[name] if name in changed else (ROOT / name).read_bytes()
            if name == "Package.swift":
                contents = manifest(contents)
            wanted.add(put(name, contents, like=ROOT / name))
            if name.startswith("Sources/"):
                if name in self.files and name not in changed:
                    contents = self.files[name].text.encode()
                wanted.add(put("Woven" + name.removeprefix("Sources"), contents, like=ROOT / name))
        for folder, folders, names in os.walk(COPY):
            folder = pathlib.Path(folder)
            if folder == COPY:
                folders[:] = [name for name in folders if name != ".build"]
            for name in names:
                if str((folder / name).relative_to(COPY)) not in wanted:
                    (folder / name).unlink()

    def _blamed(self, output):
        """The faults in whose lines errors lie, or else those where the compiler was when it crashed; each with the first
        complaint."""
        place = r"/Woven/(\S+?\.swift):(\d+):\d+"
        found = re.findall(rf"{place}: error: (.*)", output) or re.findall(rf"\(at {place}().*\)", output)
        blamed = {}
        for name, line, complaint in found:
            file = self.files.get(f"Sources/{name}")
            for fault in file.faults_at(int(line)) if file else ():
                blamed.setdefault(fault, complaint or "the compiler crashes")
        return blamed


def checkout_files():
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True,
        check=True).stdout
    names = {name for name in listing.split("\0") if name and (ROOT / name).is_file()}
    if (ROOT / "Package.resolved").exists():
        names.add("Package.resolved")
    return names


def manifest(contents):
    text = contents.decode()
    if STRICT not in text:
        raise ValueError("Package.swift has no such line to take out: " + STRICT.strip())
    return (text.replace(STRICT, "") + TO_MANIFEST).encode()


def put(name, contents, like):
    """Writes a file, unless it is so already: builds go by the files' times. Returns its name."""
    target = COPY / name
    if not target.is_file() or target.read_bytes() != contents:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(contents)
        if like.exists():
            shutil.copymode(like, target)
    return name


def seed_dependencies():
    """Gives the copy the dependencies that the checkout has fetched. What is built from them holds absolute paths, and so
    can't be had from there."""
    for name in ("checkouts", "repositories", "workspace-state.json"):
        source, target = ROOT / ".build" / name, COPY / ".build" / name
        if not source.exists() or target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        else:
            shutil.copyfile(source, target)


def say_complaints(output):
    complaints = [line for line in output.splitlines() if "error:" in line] or output.splitlines()[-20:]
    say("\n".join(dict.fromkeys(complaints)))
