import Foundation
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

@Suite("The secret of a cluster")
struct ClusterSecretTests {
  private static let digits = String(repeating: "0123456789abcdef", count: 4)

  private func withFile<Value>(
    _ text: String, mode: Int = 0o600, _ body: (String) throws -> Value
  ) throws -> Value {
    let path = FileManager.default.temporaryDirectory.appending(path: "secret-\(UUID())").path
    try #require(
      FileManager.default.createFile(
        atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode]))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  @Test("Line breaks at the end aren't part of it")
  func lineBreaks() throws {
    let (one, other) = (ClusterIdentity(beaconID: 1, epoch: 2), ClusterIdentity(beaconID: 3, epoch: 4))
    let session = try ClusterSecret(Self.digits.utf8).key(from: one, to: other).session
    for text in [Self.digits, Self.digits + "\n", Self.digits + "\r\n"] {
      #expect(try withFile(text) { try ClusterSecret(path: $0).key(from: one, to: other).session } == session)
    }
    #expect(
      try withFile(Self.digits + " ") { try ClusterSecret(path: $0).key(from: one, to: other).session } != session)
  }

  @Test(
    "What can be guessed isn't taken, and no error repeats it",
    arguments: [
      "short", String(repeating: "a", count: 64), String(repeating: "0123456789abcdef", count: 65),
      String(repeating: "abcdefg", count: 5),
    ])
  func weak(_ text: String) throws {
    let error = try withFile(text) { path in #expect(throws: TransportError.self) { try ClusterSecret(path: path) } }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains(text) == false)
  }

  @Test("Nobody but its owner may read the file, and the group of root's", arguments: [0o640, 0o440])
  func permissionsOfRootsGroup(_ mode: Int) throws {
    try withFile(Self.digits, mode: mode) { path in
      guard geteuid() == 0 else {
        #expect(throws: TransportError.self) { try ClusterSecret(path: path) }
        return
      }
      _ = try ClusterSecret(path: path)
      try FileManager.default.setAttributes([.ownerAccountID: 65_534], ofItemAtPath: path)
      #expect(throws: TransportError.self) { try ClusterSecret(path: path) }
    }
  }

  @Test("Nobody else may do anything with the file", arguments: [0o604, 0o620, 0o660])
  func permissions(_ mode: Int) throws {
    let error = try withFile(Self.digits, mode: mode) { path in
      #expect(throws: TransportError.self) { try ClusterSecret(path: path) }
    }
    #expect(error?.message.contains("chmod 600") == true)
    #expect(error?.message.contains(Self.digits) == false)
  }

  @Test("A file that isn't there, and one that isn't a file")
  func missing() {
    let missing = #expect(throws: TransportError.self) { try ClusterSecret(path: "/nowhere/secret") }
    #expect(missing?.message.contains("can't be read") == true)
    let folder = #expect(throws: TransportError.self) { try ClusterSecret(path: "/") }
    #expect(folder?.message.contains("no regular file") == true)
  }

  @Test("Beacons see whether they have the same secret, by what tells nothing else of it")
  func fingerprint() throws {
    let secret = try ClusterSecret(Self.digits.utf8)
    // HKDF-SHA-256 (RFC 5869) without salt, by Python's hmac.
    #expect(secret.fingerprint == 0x79c5_43c3_8386_e912)
    #expect(try ClusterSecret(Self.digits.dropLast().utf8).fingerprint != secret.fingerprint)
  }

  @Test("Nothing that is printed holds it")
  func description() throws {
    let secret = try ClusterSecret(Self.digits.utf8)
    #expect(!"\(secret)".contains("0123"))
    #expect(!String(reflecting: secret).contains("0123"))
    var text = ""
    dump(secret, to: &text)
    #expect(!text.contains("0123"))
  }
}
