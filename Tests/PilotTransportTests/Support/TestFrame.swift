import PilotTesting
import PilotTransport
import PilotWire

/// A frame with its endpoint, as a value to compare.
struct TestFrame: Equatable, Sendable {
  var bytes: [UInt8]
  var endpoint = Endpoint(ipv4: 127, 0, 0, 1, port: 1)

  init(_ bytes: [UInt8], _ endpoint: Endpoint = Endpoint(ipv4: 127, 0, 0, 1, port: 1)) {
    self.bytes = bytes
    self.endpoint = endpoint
  }

  /// A frame of equal bytes, which tell it from others.
  init(_ value: Int, length: Int = 1, port: UInt16 = 1) {
    let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: value), count: length)
    self.init(bytes, Endpoint(ipv4: 10, 0, 0, 1, port: port))
  }

  static func random(upTo length: Int, using random: inout SeededRandom) -> TestFrame {
    let lengths = [0, 1, length / 2, length, Int.random(in: 0...length, using: &random)]
    let count = lengths.randomElement(using: &random) ?? 0
    return TestFrame(
      Int.random(in: 0...255, using: &random), length: count, port: UInt16.random(in: 1...2, using: &random))
  }
}

extension TestFrame: CustomStringConvertible {
  var description: String { "\(bytes.count) bytes (\(bytes.first.map(String.init) ?? "none"), …) at \(endpoint)" }
}

extension FrameBatch {
  mutating func append(_ frame: TestFrame) -> Bool {
    unsafe append(frame.bytes.span.bytes, to: frame.endpoint)
  }

  /// The frames, copied.
  var frames: [TestFrame] {
    var frames: [TestFrame] = []
    forEach { frames.append(TestFrame($0.copied(), $1)) }
    return frames
  }
}

extension FrameQueue {
  func push(_ frame: TestFrame) {
    unsafe push(frame.bytes.span.bytes, from: frame.endpoint)
  }
}

extension LentFrames {
  /// The frames, copied.
  var copies: [TestFrame] {
    var frames: [TestFrame] = []
    for index in unsafe runs.indices {
      unsafe runs[index].forEachFrame { frames.append(TestFrame($0.copied(), $1)) }
    }
    return frames
  }
}

extension Receiver {
  mutating func nextCopy() async throws(TransportError) -> TestFrame {
    let frame = try await next()
    return TestFrame(frame.copiedBytes, frame.source)
  }

  mutating func receiveCopies() async throws(TransportError) -> [TestFrame] {
    var frames: [TestFrame] = []
    try await receive { frames.append(TestFrame($0.copied(), $1)) }
    return frames
  }
}
