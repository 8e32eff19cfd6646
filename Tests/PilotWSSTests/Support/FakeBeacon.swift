import PilotIdentity
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// The beacon's part of a connection, step by step, each of which can be left out or done wrong.
struct FakeBeacon {
  let connection: RawConnection

  /// Reads the request, and gives the answer that it asks for.
  @discardableResult
  func upgrade(_ change: (String) -> String = { $0 }, then bytes: [UInt8] = []) async throws -> String {
    let request = try await connection.takeHead()
    let answer = String(decoding: Self.acceptance(of: request), as: UTF8.self)
    try await connection.send(Array(change(answer).utf8) + bytes)
    return request
  }

  /// The 101 that a request asks for; nothing for one that asks for none.
  static func acceptance(of request: String) -> [UInt8] {
    let field = "Sec-WebSocket-Key: "
    guard let line = request.split(separator: "\r\n").first(where: { $0.hasPrefix(field) }),
      let key = WebSocketKey(text: String(line.dropFirst(field.count)))
    else { return [] }
    let answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Accept: \(key.accept)\r\nSec-WebSocket-Protocol: pilot.v1\r\n\r\n"
    return Array(answer.utf8)
  }

  /// The same for a beacon that chooses the subprotocol of this project.
  @discardableResult
  func upgradeToV2() async throws -> String {
    try await upgrade { $0.replacing("pilot.v1", with: "pilot.v2") }
  }

  func send(_ frames: RawFrame...) async throws {
    try await connection.send(frames.flatMap(\.bytes))
  }

  func challenge(_ challenge: AuthChallenge) async throws {
    try await send(.text(challenge.json))
  }

  func takeReply() async throws -> AuthReply {
    let frame = try await connection.takeFrame()
    guard case .text(let text) = frame, case .reply(let reply) = try HandshakeMessage(parsing: text.span.raw) else {
      throw Unexpected(frame)
    }
    return reply
  }

  /// The upgrade and the whole authentication.
  func establish(_ subprotocol: PilotSubprotocol = .v1, time: UInt64? = 1_000) async throws {
    try await upgrade { $0.replacing("pilot.v1", with: subprotocol.rawValue) }
    let challenge = try TestIdentities.challenge(at: time)
    try await self.challenge(challenge)
    let reply = try await takeReply()
    let key = try TestIdentities.identity(UInt8(truncatingIfNeeded: reply.node.rawValue)).publicKey
    let naming = subprotocol == .v2 ? HandshakeVerifier.NamingRule.one { _ in true } : .none
    let verdict = HandshakeVerifier().verdict(on: reply, to: challenge, naming: naming, knownKey: key, now: time ?? 0)
    #expect(verdict == .accepted)
    try await send(.text(AuthOK().json))
  }
}

extension RawServer {
  var url: WSSURL { WSSURL(isSecure: false, host: "127.0.0.1", port: Int(address.port)) }

  func nextBeacon() async throws -> FakeBeacon { FakeBeacon(connection: try await next()) }
}
