/// Contents of test frames, and how to speak of them.
package enum Bytes {
  /// Bytes that differ from neighbour to neighbour, and from seed to seed.
  package static func pattern(_ length: Int, seed: Int = 0) -> [UInt8] {
    var state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(length)
    return (0..<length).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
  }

  package static func describe(_ frame: [UInt8]) -> String {
    frame.isEmpty ? "an empty frame" : "a frame of \(frame.count) bytes"
  }

  package static func expect(_ frame: [UInt8], toBe expected: [UInt8], _ place: String) throws(Violation) {
    if frame == expected { return }
    guard frame.count == expected.count else {
      throw Violation("expected \(describe(expected)) \(place), and got \(describe(frame))")
    }
    let offset = zip(frame, expected).prefix { $0 == $1 }.count
    throw Violation("\(describe(frame)) \(place) differs from the expected one from offset \(offset) on")
  }
}
