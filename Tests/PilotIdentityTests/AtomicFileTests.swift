import Foundation
import Testing

@testable import PilotIdentity

@Suite("A file in one step, on file systems without hard links")
struct AtomicFileTests {
  /// link(2), as such file systems answer it.
  private static func refusing(_ code: Int32) -> (String, String) -> Int32 {
    { _, _ in
      errno = code
      return -1
    }
  }

  @Test("it gets its name another way", arguments: [EPERM, EOPNOTSUPP, ENOSYS, EMLINK])
  func otherWay(code: Int32) async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/id"
      try AtomicFile.write([1, 2, 3], to: path, replacing: false, link: Self.refusing(code))
      #expect(try contents(of: path) == [1, 2, 3])
      #expect(try mode(of: path) == 0o600)
      #expect(try names(in: directory) == ["id"])
    }
  }

  @Test("what is there is not overwritten, whatever it is")
  func neverOverwritten() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/id"
      try write("something else", to: path)
      try FileManager.default.createSymbolicLink(atPath: directory + "/link", withDestinationPath: "nowhere")
      for taken in [path, directory + "/link"] {
        #expect(throws: AtomicFile.Failure.exists) {
          try AtomicFile.write([1], to: taken, replacing: false, link: Self.refusing(EPERM))
        }
      }
      #expect(try contents(of: path) == Array("something else".utf8))
      #expect(try names(in: directory) == ["id", "link"])
    }
  }

  @Test("of many writers one wins")
  func race() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/id"
      let winners = await withTaskGroup { group in
        for writer in 0..<32 as Range<UInt8> {
          group.addTask {
            do throws(AtomicFile.Failure) {
              try AtomicFile.write([writer], to: path, replacing: false, link: Self.refusing(EPERM))
              return [writer]
            } catch {
              #expect(error == .exists)
              return [UInt8]()
            }
          }
        }
        return await group.reduce(into: [UInt8]()) { $0 += $1 }
      }
      #expect(winners.count == 1)
      let (written, left) = (try contents(of: path), try names(in: directory))
      #expect(written == winners)
      #expect(left == ["id"])
    }
  }

  @Test("another trouble is told as it is, and leaves nothing")
  func otherTrouble() async throws {
    try await withTemporaryDirectory { directory in
      #expect(throws: AtomicFile.Failure.system(SystemCallError(code: EIO))) {
        try AtomicFile.write([1], to: directory + "/id", replacing: false, link: Self.refusing(EIO))
      }
      let left = try names(in: directory)
      #expect(left.isEmpty)
    }
  }
}

@Suite("A mark of the byte order")
struct ByteOrderMarkTests {
  @Test("in front of an identity or a nodes file is read over, and nowhere else")
  func readOver() async throws {
    let node = Vectors.first
    try await withTemporaryDirectory { directory in
      try write("\u{FEFF}" + node.fileText, to: directory + "/id")
      #expect(try Identity.load(from: directory + "/id").publicKey == node.key())
    }
    let entry = "{\"\(node.id)\":\"\(node.publicKey)\"}"
    #expect(try NodesFile.parse(Array("\u{FEFF}\(entry)".utf8)) == [node.nodeID(): node.key()])
    #expect(throws: NodesFileProblem.self) { try NodesFile.parse(Array(" \u{FEFF}\(entry)".utf8)) }
    #expect(ByteOrderMark.length(in: [0xEF, 0xBB]) == 0)
  }
}
