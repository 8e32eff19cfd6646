import PilotTesting
import PilotWire
import Testing

@testable import PilotWSS

@Suite("WebSocket decoder: random streams")
struct WebSocketDecoderFuzzTests {
  private static let limit = 300

  /// A stream that keeps all rules, ended by a Close now and then.
  private static func validStream(_ generator: inout SeededRandom, isMasked: Bool) -> [UInt8] {
    var stream: [UInt8] = []
    func payload(_ longest: Int) -> [UInt8] {
      generator.bytes(Int.random(in: 0...longest, using: &generator))
    }
    func append(_ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true) {
      let mask = isMasked ? generator.bytes(4) : nil
      stream += RawFrame(opcode: opcode, payload: payload, isFinal: isFinal, mask: mask).bytes
    }
    for _ in 0..<Int.random(in: 1...6, using: &generator) {
      switch Int.random(in: 0..<8, using: &generator) {
      case 0: append(9, payload(125))
      case 1: append(10, payload(10))
      case 2, 3: append(2, payload(limit))
      case 4: append(1, payload(100).map { $0 & 0x7F })
      case 5: append(8, Bool.random(using: &generator) ? [] : [0x0F, 0xA0] + Array("née".utf8))
      default:
        let scalars = "aé€🚀".unicodeScalars.map { Array(String($0).utf8) }
        let isText = Bool.random(using: &generator)
        let whole = isText ? (0..<9).flatMap { _ in scalars[Int.random(in: 0..<4, using: &generator)] } : payload(99)
        let parts = whole.cut(by: &generator) + [[]]
        for (index, part) in parts.enumerated() {
          append(index > 0 ? 0 : isText ? 1 : 2, part, isFinal: index == parts.count - 1)
          if Int.random(in: 0..<4, using: &generator) == 0, index < parts.count - 1 { append(9, payload(5)) }
        }
      }
    }
    return stream
  }

  private func compare(_ stream: [UInt8], _ role: WebSocketRole, _ seed: UInt64, _ generator: inout SeededRandom) {
    let expected = WebSocketModelDecoder(isServer: role == .server, limit: Self.limit).decode(stream)
    let parts = stream.cut(by: &generator)
    let inParts = Recording.of(parts, role: role, maximumMessageLength: Self.limit)
    let atOnce = Recording.of([stream], role: role, maximumMessageLength: Self.limit)
    if inParts != expected || atOnce != expected {
      Issue.record("seed \(seed): \(stream) as \(role) gave \(inParts) and \(atOnce) instead of \(expected)")
    }
  }

  @Test("Valid streams, cut at random, decode as the model says and without error")
  func validStreams() {
    for seed in 0..<6_000 as Range<UInt64> {
      var generator = SeededRandom(seed: seed)
      let role = WebSocketRole.allCases[Int(seed & 1)]
      let stream = Self.validStream(&generator, isMasked: role == .server)
      #expect(WebSocketModelDecoder(isServer: role == .server, limit: Self.limit).decode(stream).error == nil)
      compare(stream, role, seed, &generator)
    }
  }

  @Test("Streams with a few octets changed, dropped or cut off decode as the model says")
  func damagedStreams() {
    for seed in 0..<20_000 as Range<UInt64> {
      var generator = SeededRandom(seed: ~seed)
      let role = WebSocketRole.allCases[Int(seed & 1)]
      var stream = Self.validStream(&generator, isMasked: role == .server)
      for _ in 0..<Int.random(in: 1...3, using: &generator) where !stream.isEmpty {
        let place = Int.random(in: 0..<stream.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: stream.remove(at: place)
        case 1: stream.removeLast(stream.count - place)
        case 2: stream[place] = UInt8.random(in: .min ... .max, using: &generator)
        default: stream[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        }
      }
      compare(stream, role, ~seed, &generator)
    }
  }

  @Test("300,000 inputs of random octets never trap, and never hold more than the limit allows")
  func randomOctets() {
    var generator = SeededRandom(seed: 42)
    let headers: [UInt8] = [0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8A]
    for count in 0..<300_000 {
      var decoder = WebSocketDecoder(
        role: count & 1 == 0 ? .client : .server, maximumMessageLength: Self.limit)
      for _ in 0..<3 where !decoder.hasEnded {
        var bytes = generator.bytes(Int.random(in: 0...24, using: &generator))
        // Most random octets fail as the first of a header: begin with a likely one.
        if !bytes.isEmpty, count & 2 == 0 { bytes[0] = headers[Int(generator.next() % 9)] }
        if bytes.count > 1, count & 4 == 0 { bytes[1] = bytes[1] & 0x0F | (count & 1 == 0 ? 0 : 0x80) }
        try? decoder.feed(bytes.span.raw) { _ in }
        if decoder.bufferedCapacity > 2 * Self.limit + 128 {
          Issue.record("\(decoder.bufferedCapacity) octets held after input \(count)")
        }
      }
    }
  }
}
