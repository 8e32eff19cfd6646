import PilotTesting
import PilotWire
import Testing

/// Damaged and random input: everything here is about ending in a value or an error, never in a trap.
@Suite struct HostileInputTests {
  /// Each golden frame, and what its decoder is held against.
  private struct Golden {
    var bytes: [UInt8]
    var roundTrip: WireRoundTrip
  }

  private func goldens() throws -> [Golden] {
    let vectors = try Vectors.all.get()
    var all = try vectors.beaconMessages.map {
      Golden(bytes: try bytes(hex: $0.hex), roundTrip: .beaconMessage)
    }
    all += try vectors.packets.map { Golden(bytes: try bytes(hex: $0.packetHex), roundTrip: .packet) }
    let tunnel = vectors.tunnel
    let frames =
      [tunnel.plainPILTHex, tunnel.keyExchangePILKHex, tunnel.punchPILPHex] + tunnel.sealedPILS.map(\.frameHex)
      + tunnel.authKeyExchangePILA.map(\.frameHex)
    all += try frames.map { Golden(bytes: try bytes(hex: $0), roundTrip: .tunnelFrame) }
    #expect(all.count > 30)
    return all
  }

  @Test func everyPrefixOfAGoldenFrameIsAValueOrAnError() throws {
    for golden in try goldens() {
      for length in 0...golden.bytes.count { check(Array(golden.bytes.prefix(length)), golden.roundTrip) }
    }
  }

  @Test func everyFlippedBitOfAGoldenFrameIsAValueOrAnError() throws {
    for golden in try goldens() {
      for bit in 0..<8 * golden.bytes.count {
        var damaged = golden.bytes
        damaged[bit / 8] ^= 1 << (bit % 8)
        check(damaged, golden.roundTrip)
      }
    }
  }

  @Test func randomFramesAreValuesOrErrors() {
    var generator = SeededRandom(seed: 7)
    var decoded = 0
    for _ in 0..<150_000 {
      let length = Int.random(in: 0...48, using: &generator)
      var frame = generator.bytes(length)
      switch generator.next() % 3 {
      case 0:
        if length > 0 { frame[0] &= 0x0F }
        // Short counts and address lengths, so that some of them fit.
        if length > 6, generator.next() % 2 == 0 { frame[1] = [4, 16, 0][Int(generator.next() % 3)] }
        if length > 6, generator.next() % 2 == 0 {
          frame.replaceSubrange(5..<7, with: [0, UInt8(generator.next() % 12)])
        }
        if check(frame, .beaconMessage) { decoded += 1 }
      case 1:
        frame = Array("PIL".utf8) + [Array("TSKAP".utf8)[Int(generator.next() % 5)]] + frame
        if check(frame, .tunnelFrame) { decoded += 1 }
      default:
        if length > 3 {
          frame[0] = frame[0] & 0x0F | 0x10
          frame[2] = 0
        }
        if check(frame, .packet) { decoded += 1 }
      }
    }
    #expect(decoded > 20_000)
  }

  @Test func damagedJSONIsAValueOrAnError() throws {
    var generator = SeededRandom(seed: 8)
    let vector = try #require(try Vectors.all.get().compatAuth.first)
    let reply =
      "{\"type\":\"auth_reply\",\"node_id\":\(vector.nodeId),\"public_key\":\"\(vector.publicKey)\","
      + "\"sig\":\"\(vector.sig)\",\"x\":[{\"\\u00e9\\uD83D\\uDE00\":-1.5e+3},true,null]}"
    let text = Array(reply.utf8)
    #expect(check(text, .handshakeMessage))
    for length in 0..<text.count { #expect(!check(Array(text.prefix(length)), .handshakeMessage)) }
    for bit in 0..<8 * text.count {
      var damaged = text
      damaged[bit / 8] ^= 1 << (bit % 8)
      check(damaged, .handshakeMessage)
    }
    let alphabet = Array("{}[]\",:\\u0123456789abcdefDCtrulns.eE+- \n\u{00e9}".utf8)
    for _ in 0..<150_000 {
      let length = Int.random(in: 0...40, using: &generator)
      check((0..<length).map { _ in alphabet[Int(generator.next() % UInt64(alphabet.count))] }, .handshakeMessage)
    }
  }

  /// Holds the answer against what it must be. Tells whether the input could be read.
  @discardableResult
  private func check(_ input: [UInt8], _ roundTrip: WireRoundTrip) -> Bool {
    do throws(WireRoundTripFailure) {
      return try roundTrip.check(input)
    } catch {
      Issue.record("\(roundTrip): \(error)")
      return false
    }
  }
}
