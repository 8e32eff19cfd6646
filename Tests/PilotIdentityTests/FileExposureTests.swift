import Foundation
import Testing

@testable import PilotIdentity

@Suite("what others may do with a file")
struct FileExposureTests {
  private func found(_ permissions: UInt32, own: Bool = false, secret: Bool = false) -> [FileExposure] {
    FileExposure.found(permissions: permissions, hasOwnGroup: own, isSecret: secret)
  }

  @Test("to read a secret is told, for all users alone")
  func reading() {
    #expect(found(0o644, secret: true) == [.readableByAll])
    #expect(found(0o644) == [])
    #expect(found(0o640, secret: true) == [])
    #expect(found(0o600, secret: true) == [])
  }

  @Test("to change any is told, for all users or for a group that isn't the owner's own")
  func writing() {
    for secret in [false, true] {
      #expect(found(0o602, own: true, secret: secret) == [.writableByAll])
      #expect(found(0o622, secret: secret) == [.writableByAll])
      #expect(found(0o620, secret: secret) == [.writableByGroup])
      #expect(found(0o660, secret: secret) == [.writableByGroup])
      #expect(found(0o660, own: true, secret: secret) == [])
      #expect(found(0o640, secret: secret) == [])
    }
    #expect(found(0o666, secret: true) == [.readableByAll, .writableByAll])
  }

  @Test("a file is asked for its mode, its owner and its group", arguments: [0o600, 0o644, 0o660, 0o666])
  func file(mode: Int) async throws {
    try await withTemporaryDirectory { directory in
      let path = "\(directory)/file"
      #expect(FileExposure.found(at: path, isSecret: true) == [])
      try write("text", to: path, mode: mode)
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      let owner = try #require(attributes[.ownerAccountID] as? Int)
      let group = try #require(attributes[.groupOwnerAccountID] as? Int)
      for secret in [false, true] {
        #expect(
          FileExposure.found(at: path, isSecret: secret)
            == found(UInt32(mode), own: owner == group, secret: secret))
      }
      // Only root may give a file to another group than his own.
      guard getuid() == 0 else { return }
      try FileManager.default.setAttributes([.groupOwnerAccountID: 65_534], ofItemAtPath: path)
      #expect(FileExposure.found(at: path, isSecret: true) == found(UInt32(mode), secret: true))
    }
  }
}
