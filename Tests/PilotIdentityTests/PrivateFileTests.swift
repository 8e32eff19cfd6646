import Foundation
import Testing

@testable import PilotIdentity

struct PrivateFileTests {
  private static func stamp(owner: uid_t, mode: mode_t) -> FileStamp {
    var status = stat()
    (status.st_uid, status.st_mode) = (owner, S_IFREG | mode)
    return FileStamp(status)
  }

  @Test("Whose file with which mode is private", arguments: [uid_t(0), 1_000])
  func privacy(owner: uid_t) {
    for mode: mode_t in 0...0o777 {
      let stamp = Self.stamp(owner: owner, mode: mode)
      let (group, others) = (mode >> 3 & 7, mode & 7)
      #expect(stamp.isPrivate(to: .owner) == (group == 0 && others == 0))
      let allowed: [mode_t] = owner == 0 ? [0, 4] : [0]
      #expect(stamp.isPrivate(to: .ownerOrRootsGroup) == (allowed.contains(group) && others == 0))
      #expect(stamp.isReadableByRootAlone == (owner == 0 && group & 4 == 0 && others & 4 == 0))
    }
  }
}
