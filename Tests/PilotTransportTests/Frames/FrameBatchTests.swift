import PilotTesting
import PilotTransport
import PilotWire
import Testing

@Suite("FrameBatch")
struct FrameBatchTests {
  @Test("gives back what went in, with destinations, in order")
  func order() {
    var batch = FrameBatch()
    let frames = [TestFrame(1, length: 3), TestFrame(2, length: 0), TestFrame(3, length: 3, port: 9), TestFrame(4)]
    for frame in frames { #expect(batch.append(frame) == true) }
    #expect(batch.frames == frames)
    #expect(batch.count == 4)
    #expect(batch.byteCount == 7)
    #expect(batch.isEmpty == false)
  }

  @Test("joins a header and a payload into one frame", arguments: [(0, 0), (0, 5), (5, 0), (5, 7)])
  func headerAndPayload(_ header: Int, _ payload: Int) {
    var batch = FrameBatch()
    let head = [UInt8](repeating: 1, count: header)
    let body = [UInt8](repeating: 2, count: payload)
    let destination = Endpoint(ipv4: 1, 2, 3, 4, port: 5)
    #expect(unsafe batch.append(header: head.span.bytes, payload: body.span.bytes, to: destination) == true)
    #expect(batch.frames == [TestFrame(head + body, destination)])
  }

  @Test("writes a type and a number in front of a payload", arguments: [0, 7])
  func typeAndNumber(_ payload: Int) {
    var batch = FrameBatch(byteCapacity: 2 * (9 + payload), frameCapacity: 3)
    let body = [UInt8](repeating: 2, count: payload)
    let destination = Endpoint(ipv4: 1, 2, 3, 4, port: 5)
    for _ in 0..<2 {
      let number: UInt64 = 0x0102_0304_0506_0708
      #expect(batch.append(type: 0x05, number: number, payload: body.span.raw, to: destination) == true)
    }
    let frame = TestFrame([5, 1, 2, 3, 4, 5, 6, 7, 8] + body, destination)
    #expect(batch.frames == [frame, frame])
    #expect(batch.byteCount == 2 * (9 + payload))
    #expect(batch.append(type: 0x05, number: 0, payload: body.span.raw, to: destination) == false, "it is full")
    batch.removeAll()
    #expect(batch.append(type: 0x05, number: 0, payload: body.span.raw, to: destination) == true)
  }

  @Test("has a closure write a frame where it lies, if there is room")
  func inPlace() {
    var batch = FrameBatch(byteCapacity: 7, frameCapacity: 4)
    let destination = Endpoint(ipv4: 1, 2, 3, 4, port: 5)
    for length in [3, 4, 1, 0] {
      let isTaken = batch.append(length: length, to: destination) { output in
        for byte in 0..<length { output.append(UInt8(byte)) }
      }
      #expect(isTaken == (length != 1))
    }
    #expect(batch.frames == [[0, 1, 2], [0, 1, 2, 3], []].map { TestFrame($0, destination) })
  }

  @Test("keeps where each frame is to leave from, in both forms of append")
  func locals() {
    var batch = FrameBatch()
    let destination = Endpoint(ipv4: 1, 2, 3, 4, port: 5)
    let bytes: [UInt8] = [1, 2]
    let locals = [3, 0, 3].map { LocalAddress(index: $0) }
    #expect(batch.append(bytes, to: destination, from: locals[0]) == true)
    #expect(batch.append(bytes, to: destination) == true)
    let fitted = unsafe batch.append(
      header: bytes.span.bytes, payload: bytes.span.bytes, to: destination, from: locals[2])
    #expect(fitted)
    #expect(unsafe batch.runs.map { unsafe $0.local } == locals)
  }

  @Test("a frame that does not fit leaves it as it was")
  func full() {
    var batch = FrameBatch(byteCapacity: 10, frameCapacity: 10)
    #expect(batch.append(TestFrame(1, length: 8)) == true)
    #expect(batch.append(TestFrame(2, length: 3)) == false)
    #expect(batch.frames == [TestFrame(1, length: 8)])
  }

  @Test("a batch without any room still takes an empty frame and nothing else", arguments: [0, -1])
  func noRoom(_ capacity: Int) {
    var batch = FrameBatch(byteCapacity: capacity, frameCapacity: capacity)
    #expect(batch.append(TestFrame(1, length: 1)) == false)
    #expect(batch.append(TestFrame(2, length: 0)) == true)
  }

  @Test("removes as many from the front as asked, and no more than there are", arguments: [-1, 0, 1, 2, 3, 4, 5, 99])
  func removeFirst(_ count: Int) {
    var batch = FrameBatch()
    let frames = [TestFrame(1, length: 2), TestFrame(2, length: 2), TestFrame(3, length: 1), TestFrame(4, length: 0)]
    for frame in frames { #expect(batch.append(frame) == true) }
    batch.removeFirst(count)
    #expect(batch.frames == Array(frames.dropFirst(max(count, 0))))
    #expect(batch.count == batch.frames.count)
  }

  @Test("a closure that throws ends forEach with its error")
  func forEachThrows() {
    struct Stop: Error {}
    var batch = FrameBatch()
    for value in 0..<5 { #expect(batch.append(TestFrame(value)) == true) }
    var seen = 0
    #expect(throws: Stop.self) {
      try batch.forEach { _, _ throws(Stop) in
        seen += 1
        if seen == 3 { throw Stop() }
      }
    }
    #expect(seen == 3)
  }

  @Test("behaves like an array that runs out of room", arguments: Seeds.all)
  func model(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let bytes = Int.random(in: 1...400, using: &random)
    let room = Int.random(in: 1...20, using: &random)
    var batch = FrameBatch(byteCapacity: bytes, frameCapacity: room)
    var model: [TestFrame] = []
    var used = (bytes: 0, frames: 0)
    for _ in 0..<500 {
      switch Int.random(in: 0..<20, using: &random) {
      case 0:
        batch.removeAll()
        model = []
      case 1...3:
        let count = Int.random(in: 0...4, using: &random)
        batch.removeFirst(count)
        model.removeFirst(min(count, model.count))
      default:
        let frame = TestFrame.random(upTo: 40, using: &random)
        let fits = used.bytes + frame.bytes.count <= bytes
        let taken = batch.append(frame)
        if !fits { #expect(taken == false) }
        // Frames that share a run need less room than was stated, so there may be more.
        if fits, used.frames < room { #expect(taken == true) }
        if taken {
          model.append(frame)
          used = (used.bytes + frame.bytes.count, used.frames + 1)
        }
      }
      // What was removed from the front comes back when all is gone.
      if model.isEmpty { used = (0, 0) }
      #expect(batch.frames == model)
      #expect(batch.count == model.count)
      #expect(batch.byteCount == model.map(\.bytes.count).reduce(0, +))
    }
  }
}
