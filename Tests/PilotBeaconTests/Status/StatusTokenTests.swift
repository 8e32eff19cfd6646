import Foundation
import NIOHTTP1
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// Who may read page and metrics.
struct StatusTokenTests {
  private static let token = "0123456789abcdef"

  private func withFile(_ text: String, _ body: (URL) throws -> Void) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "token-\(UUID().uuidString)")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    try body(file)
  }

  private func verdict(_ authorization: String?, from host: UInt8 = 7, token: StatusToken?) -> StatusAccess.Verdict {
    let headers: HTTPHeaders = authorization.map { ["Authorization": $0] } ?? [:]
    let remote = host == 127 ? Endpoint(ipv4: 127, 0, 0, 1, port: 1) : Endpoint(ipv4: 192, 0, 2, host, port: 1)
    return StatusAccess(token: token).verdict(about: headers, from: remote)
  }

  @Test func `without a token it is for this machine alone`() {
    #expect(verdict(nil, from: 127, token: nil) == .granted)
    #expect(verdict(nil, token: nil) == .forbidden)
    #expect(verdict("Bearer \(Self.token)", token: nil) == .forbidden)
  }

  @Test func `with one, whoever has it may read, under any name`() throws {
    try withFile("\(Self.token)\n") { file in
      let token = try StatusToken(path: file.path)
      func basic(_ text: String) -> String { "Basic \(Data(text.utf8).base64EncodedString())" }
      for right in [
        "Bearer \(Self.token)", "bearer  \(Self.token)", basic("me:\(Self.token)"), basic(":\(Self.token)"),
      ] {
        #expect(verdict(right, token: token) == .granted)
      }
      for wrong in [
        nil, "", "Bearer", "Bearer ", "Bearer \(Self.token)0", "Bearer \(Self.token.dropLast())", basic(Self.token),
        basic("\(Self.token):"), "Basic !", "Digest \(Self.token)", Self.token,
      ] {
        #expect(verdict(wrong, token: token) == .unauthorized, "\(wrong ?? "none")")
      }
      #expect(verdict(nil, from: 127, token: token) == .unauthorized, "a proxy on this machine stands for others")
    }
  }

  @Test func `a changed file counts, and a broken one leaves the old token`() throws {
    try withFile(Self.token) { file in
      let token = try StatusToken(path: file.path)
      guard case .unchanged = token.reloadIfChanged() else { return #expect(Bool(false), "nothing has changed") }
      try Data("another-token-of-some-length".utf8).write(to: file)
      guard case .reloaded = token.reloadIfChanged() else { return #expect(Bool(false), "it has changed") }
      #expect(token.matches("another-token-of-some-length".utf8) && !token.matches(Self.token.utf8))
      try Data("short".utf8).write(to: file)
      guard case .refused(let error) = token.reloadIfChanged() else { return #expect(Bool(false), "it was taken") }
      #expect(error.message.contains("16 to 256") && !error.message.contains("short"))
      #expect(token.matches("another-token-of-some-length".utf8))
    }
  }

  @Test(arguments: ["", "\n", "fifteen-letters", "with a space in it, long", String(repeating: "x", count: 257)])
  func `what is no token is refused`(text: String) throws {
    try withFile(text) { file in
      let error = #expect(throws: TransportError.self) { try StatusToken(path: file.path) }
      #expect(error?.code == .invalidConfiguration)
    }
  }
}
