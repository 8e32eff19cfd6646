import NIOCore
import PilotTesting
import PilotWire
import Testing

@testable import PilotWSS

@Suite("WebSocket encoder")
struct WebSocketEncoderTests {
  private static func peer(of role: WebSocketRole) -> WebSocketRole {
    role == .client ? .server : .client
  }

  @Test("A server's frames are the RFC's unmasked examples, octet for octet")
  func rfcExamples() {
    var encoder = WebSocketEncoder(role: .server)
    let hello = Array("Hello".utf8)
    let text = encoder.encoded { $0.append(.text, payload: hello.span.raw, into: &$1) }
    #expect(text == [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f])
    let ping = encoder.encoded { $0.appendPing(hello.span.raw, into: &$1) }
    #expect(ping == [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f])
    let pong = encoder.encoded { $0.appendPong(WebSocketControlPayload(hello.span.raw), into: &$1) }
    #expect(pong == [0x8A, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f])
    let close = encoder.encoded { $0.appendClose(WebSocketCloseFrame(.normal, reason: "ok"), into: &$1) }
    #expect(close == [0x88, 0x04, 0x03, 0xE8, 0x6F, 0x6B])
    #expect(encoder.encoded { $0.appendClose(.empty, into: &$1) } == [0x88, 0x00])
  }

  @Test("Lengths take the shortest form at every boundary", arguments: WebSocketRole.allCases)
  func lengthForms(role: WebSocketRole) {
    var encoder = WebSocketEncoder(role: role)
    let bit: UInt8 = role == .client ? 0x80 : 0
    let starts: [(Int, [UInt8])] = [
      (0, [bit]), (125, [bit | 125]), (126, [bit | 126, 0, 126]), (65_535, [bit | 126, 255, 255]),
      (65_536, [bit | 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ]
    for (count, start) in starts {
      let payload = [UInt8](repeating: 3, count: count)
      let frame = encoder.encoded { $0.append(.binary, payload: payload.span.raw, into: &$1) }
      #expect(Array(frame.prefix(1 + start.count)) == [0x82] + start)
      #expect(frame.count == count + encoder.overhead(forPayloadOf: count))
    }
  }

  @Test("Every length from 0 to 300 and 65,535 comes back through the decoder", arguments: WebSocketRole.allCases)
  func roundTrip(role: WebSocketRole) {
    var generator = SeededRandom(seed: 2)
    var encoder = WebSocketEncoder(role: role)
    for count in Array(0...300) + [65_535] {
      let payload = generator.bytes(count)
      let frame = encoder.encoded { $0.append(.binary, payload: payload.span.raw, into: &$1) }
      #expect(Recording.of([frame], role: Self.peer(of: role)) == Recording(events: [.binary(payload)]))
    }
  }

  @Test("Head and body make one message, whatever the mask's phase between them", arguments: WebSocketRole.allCases)
  func twoSpans(role: WebSocketRole) {
    var generator = SeededRandom(seed: 3)
    var encoder = WebSocketEncoder(role: role)
    for headCount in 0...17 {
      for bodyCount in [0, 1, 3, 7, 8, 31, 33, 109, 125, 1_200] {
        let head = generator.bytes(headCount)
        let body = generator.bytes(bodyCount)
        let frame = encoder.encoded { encoder, buffer in
          encoder.append(.binary, head: head.span.raw, body: body.span.raw, into: &buffer)
        }
        #expect(Recording.of([frame], role: Self.peer(of: role)) == Recording(events: [.binary(head + body)]))
      }
    }
  }

  @Test("Many frames go into one buffer, behind what is there", arguments: WebSocketRole.allCases)
  func manyFrames(role: WebSocketRole) {
    var encoder = WebSocketEncoder(role: role)
    let payloads = (0..<50).map { [UInt8](repeating: UInt8($0), count: $0 * 7) }
    let stream = encoder.encoded { encoder, buffer in
      for payload in payloads { encoder.append(.binary, payload: payload.span.raw, into: &buffer) }
      encoder.appendClose(WebSocketCloseFrame(.goingAway), into: &buffer)
    }
    let expected = payloads.map { RecordedEvent.binary($0) } + [.close(WebSocketCloseFrame(.goingAway))]
    #expect(Recording.of([stream], role: Self.peer(of: role)) == Recording(events: expected))
  }

  @Test("A client masks each frame with a key of its own")
  func freshKeys() {
    var encoder = WebSocketEncoder(role: .client)
    let zeros = [UInt8](repeating: 0, count: 4)
    let frames = (0..<20).map { _ in encoder.encoded { $0.append(.binary, payload: zeros.span.raw, into: &$1) } }
    #expect(Set(frames).count == 20)
    // The payload is zeros: what is on the wire in its place is the key.
    #expect(frames.allSatisfy { $0[2..<6] == $0[6..<10] })
  }

  @Test("A control payload is cut at 125 octets, never sent longer", arguments: WebSocketRole.allCases)
  func controlPayloadsAreCut(role: WebSocketRole) {
    var encoder = WebSocketEncoder(role: role)
    let long = (0..<200).map { UInt8($0) }
    let cut = Array(long.prefix(125))
    let ping = encoder.encoded { $0.appendPing(long.span.raw, into: &$1) }
    #expect(Recording.of([ping], role: Self.peer(of: role)).events == [.ping(cut)])
    let pong = encoder.encoded { encoder, buffer in
      let span = long.span.raw
      encoder.append(.pong, head: span.extracting(first: 100), body: span.extracting(droppingFirst: 100), into: &buffer)
    }
    #expect(Recording.of([pong], role: Self.peer(of: role)).events == [.pong(cut)])
  }

  @Test("A long reason is cut between two scalars, at 123 octets or less")
  func reasonsAreCut() {
    var encoder = WebSocketEncoder(role: .server)
    let reason = "a" + String(repeating: "é", count: 100)
    let frame = encoder.encoded { $0.appendClose(WebSocketCloseFrame(.normal, reason: reason), into: &$1) }
    let cut = WebSocketCloseFrame(.normal, reason: "a" + String(repeating: "é", count: 61))
    #expect(Recording.of([frame]).events == [.close(cut)])
    let even = encoder.encoded { encoder, buffer in
      encoder.appendClose(WebSocketCloseFrame(.normal, reason: String(repeating: "é", count: 62)), into: &buffer)
    }
    let shorter = WebSocketCloseFrame(.normal, reason: String(repeating: "é", count: 61))
    #expect(Recording.of([even]).events == [.close(shorter)])
  }
}
