public import PilotWire

/// Frames with their destinations, to be sent together: reusable memory of a fixed size.
///
/// Frames of one length to one destination are the cheapest to send: on Linux they leave in one system call, as one
/// message that the kernel or the network card cuts up. Neighbours are cheaper still than those that have to be gathered.
public struct FrameBatch: ~Copyable, Sendable {
  private let chunk: FrameChunk

  /// Allocates the memory, once.
  ///
  /// - Parameters:
  ///   - byteCapacity: Room for this many bytes of frames. Default 512 KiB; at least the longest frame you send.
  ///   - frameCapacity: Room for this many frames, at least. Default 1,024.
  public init(byteCapacity: Int = 524_288, frameCapacity: Int = 1_024) {
    chunk = FrameChunk(capacity: max(byteCapacity, 0), frameCapacity: max(frameCapacity, 1))
  }

  /// How many frames are in it.
  public var count: Int { chunk.frameCount }
  /// Their bytes together.
  public var byteCount: Int { chunk.byteCount }
  /// Whether there are none.
  public var isEmpty: Bool { chunk.isEmpty }

  /// Copies a frame into the batch.
  ///
  /// - Parameters:
  ///   - frame: The bytes.
  ///   - destination: Where to.
  ///   - local: Which of this machine's addresses it is to leave from: that of the frame which it answers.
  /// - Returns: Whether it fitted. If not, send what is there first.
  public mutating func append(_ frame: RawSpan, to destination: Endpoint, from local: LocalAddress = .any) -> Bool {
    chunk.append(frame, RawSpan(), endpoint: destination, local: local)
  }

  /// Copies a frame whose header and payload lie apart into the batch.
  ///
  /// - Parameters:
  ///   - header: The frame's first bytes.
  ///   - payload: The others.
  ///   - destination: Where to.
  ///   - local: Which of this machine's addresses it is to leave from: that of the frame which it answers.
  /// - Returns: Whether it fitted. If not, send what is there first.
  public mutating func append(
    header: RawSpan, payload: RawSpan, to destination: Endpoint, from local: LocalAddress = .any
  ) -> Bool {
    chunk.append(header, payload, endpoint: destination, local: local)
  }

  /// Copies a frame whose first 9 bytes are a type and a big-endian number into the batch: a relay, which has its two IDs there.
  ///
  /// - Returns: Whether it fitted.
  package mutating func append(type: UInt8, number: UInt64, payload: RawSpan, to destination: Endpoint) -> Bool {
    chunk.append(type: type, number: number, payload, endpoint: destination)
  }

  /// Has a closure write a frame into the batch, where it is sent from: what encrypts needs no other memory.
  ///
  /// - Parameters:
  ///   - length: How long the frame will be, in bytes.
  ///   - destination: Where to.
  ///   - local: Which of this machine's addresses it is to leave from.
  ///   - body: Called if it fits. It has to write all of the frame; anything else is a programming error, and traps.
  /// - Returns: Whether it fitted. If not, send what is there first.
  public mutating func append(
    length: Int, to destination: Endpoint, from local: LocalAddress = .any,
    initializingWith body: (inout OutputRawSpan) -> Void
  ) -> Bool {
    chunk.append(length: length, endpoint: destination, local: local, initializingWith: body)
  }

  /// Drops the first frames, after a transport took just these.
  public mutating func removeFirst(_ count: Int) {
    if count >= chunk.frameCount { return chunk.removeAll() }
    for _ in 0..<max(count, 0) { chunk.removeFirst() }
  }

  /// Empties the batch and keeps its memory.
  public mutating func removeAll() {
    chunk.removeAll()
  }

  /// Calls a closure with each frame and its destination, in order.
  public borrowing func forEach<E: Error>(_ body: (RawSpan, Endpoint) throws(E) -> Void) throws(E) {
    let runs = unsafe chunk.content.runs
    for index in 0..<runs.count { try unsafe runs[index].forEachFrame(body) }
  }

  /// How many frames at the front are to one destination.
  package borrowing func countFront(to destination: Endpoint) -> Int {
    let runs = unsafe chunk.content.runs
    var count = 0
    for index in 0..<runs.count {
      guard unsafe runs[index].endpoint == destination else { break }
      count += unsafe runs[index].frameCount
    }
    return count
  }

  /// Calls a closure with the frames from the cursor on, at most `limit`, and moves the cursor behind them.
  package borrowing func forEach(from cursor: inout RunCursor, limit: Int, _ body: (RawSpan, Endpoint) -> Void) {
    unsafe chunk.content.forEachFrame(from: &cursor, limit: limit, body)
  }

  /// The frames as runs, for transports. Valid until the batch changes.
  @unsafe
  public var runs: UnsafeBufferPointer<FrameRun> { unsafe chunk.content.runs }
}

extension FrameRun {
  /// Calls a closure with each frame of the run.
  @inlinable
  public func forEachFrame<E: Error>(_ body: (RawSpan, Endpoint) throws(E) -> Void) throws(E) {
    var offset = 0
    repeat {
      let length = unsafe min(frameLength, byteCount - offset)
      // SAFETY: offset + length stays within the run, which its owner keeps alive and unchanged during the call.
      try unsafe body(RawSpan(_unsafeStart: start + offset, byteCount: length), endpoint)
      offset += length
    } while unsafe offset < byteCount
  }
}
