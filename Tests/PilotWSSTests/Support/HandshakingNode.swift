import PilotTesting
import NIOCore
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// The node's part of a connection, step by step, each of which can be left out or done wrong.
struct HandshakingNode {
  let connection: RawConnection
  let challenge: AuthChallenge

  /// Connects, upgrades, and reads the challenge.
  static func challenged(
    by listener: TestListener, offering subprotocol: String = "pilot.v1"
  ) async throws -> HandshakingNode {
    let connection = try await RawConnection.connect(to: listener.address)
    try await connection.send(UpgradeRequest.text().replacing("pilot.v1", with: subprotocol))
    _ = try await connection.takeHead()
    guard case .text(let text) = try await connection.takeFrame(),
      case .challenge(let challenge) = try HandshakeMessage(parsing: text.span.raw)
    else { throw Unexpected(connection.incoming.value) }
    return HandshakingNode(connection: connection, challenge: challenge)
  }

  /// Goes through the whole authentication.
  static func established(at listener: TestListener, as node: UInt32 = 7) async throws -> HandshakingNode {
    let raw = try await challenged(by: listener)
    try await raw.send(.text(TestIdentities.reply(to: raw.challenge, as: node, key: UInt8(node))))
    guard case .text(Array(AuthOK().json.utf8)) = try await raw.connection.takeFrame() else {
      throw Unexpected(raw.connection.incoming.value)
    }
    return raw
  }

  func send(_ frames: RawFrame...) async throws {
    try await connection.send(
      frames.flatMap { frame in
        var frame = frame
        frame.mask = [9, 8, 7, 6]
        return frame.bytes
      })
  }

  /// The beacon's Close, which is answered.
  func takeClose() async throws -> WebSocketCloseFrame {
    while true {
      let frame = try await connection.takeFrame()
      if case .close(let close) = frame {
        try? await send(close.code.map { .close($0.rawValue) } ?? RawFrame(opcode: 8))
        return close
      }
    }
  }
}

func ~= (pattern: [UInt8], value: [UInt8]) -> Bool { pattern == value }
