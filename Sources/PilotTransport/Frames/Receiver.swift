public import PilotWire

/// The reading end of a transport: one task reads it. It can't be copied, and two tasks can't use it at once; both are
/// compile-time errors. That a transport has only one is checked when the program runs: a second
/// ``Transport/makeReceiver()`` compiles, and throws ``TransportError/Code-swift.struct/receiverTaken``.
///
/// ```swift
/// var receiver = try transport.makeReceiver()
/// try await receiver.forEach { frame throws(TransportError) in
///   try transport.send(frame.bytes, to: frame.source)
/// }
/// // The transport is closed.
/// ```
///
/// ``forEach(_:whenDrained:)`` returns when the transport is closed, and throws what went wrong. ``next()`` and
/// ``receive(_:)`` have no other way to say it, so they throw ``TransportError/Code-swift.struct/closed`` then. From all
/// three, ``TransportError/Code-swift.struct/cancelled`` says that the waiting task was cancelled, and the receiver is as
/// good as before.
@safe
public struct Receiver: ~Copyable, @unchecked Sendable {  // the lent memory is its own until it asks for more
  private let source: any FrameSource
  /// The same, where it is two.
  private let merged: MergedSource?
  @usableFromInline let life: TransportLife
  @usableFromInline var lent: LentFrames
  @usableFromInline var run = 0
  @usableFromInline var offset = 0

  /// Reads from a source. For implementers of transports, who call it once per transport.
  public init(_ source: some FrameSource) {
    self.source = source
    merged = source as? MergedSource
    life = source.life
    unsafe lent = .none
  }

  /// The next frame, as soon as there is one.
  ///
  /// The frame is lent until this receiver is used again: keeping it longer doesn't compile.
  @_lifetime(&self)
  public mutating func next() async throws(TransportError) -> Frame {
    while unsafe run >= lent.runs.count { try await refill() }
    if life.isClosed { throw .closed }
    let (memory, source, local) = unsafe take()
    // SAFETY: the source keeps the memory until nextFrames() is called again. Only refill() does that, and it needs
    // exclusive access to self, which the frame's lifetime holds.
    let frame = unsafe Frame(bytes: RawSpan(_unsafeBytes: memory), source: source, local: local)
    return unsafe _overrideLifetime(frame, mutating: &self)
  }

  /// Waits until there is at least one frame, then lends all that have arrived to a closure, one after the other.
  ///
  /// - Parameter body: Called with each frame's bytes and source; the bytes can't leave it. What it throws ends the call;
  ///   frames not yet lent come with the next receive. It throws what this call throws, since Swift has no type for "one
  ///   error or the other": whoever has another error to get out keeps it in a variable, and throws `.cancelled`.
  /// - Returns: How many frames were lent.
  @discardableResult
  public mutating func receive(_ body: (RawSpan, Endpoint) throws(TransportError) -> Void) async throws(TransportError)
    -> Int
  {
    while unsafe run >= lent.runs.count { try await refill() }
    var count = 0
    while unsafe run < lent.runs.count {
      // A run at a time: with short frames, finding each one's run anew would cost as much as the kernel's part.
      // SAFETY: run is an index of the lent runs, and offset lies within the run.
      let current = unsafe lent.runs[run]
      var isLast = false
      while !isLast {
        if life.isClosed { throw .closed }
        let left = unsafe current.byteCount - offset
        let length = unsafe min(current.frameLength, left)
        let memory = unsafe UnsafeRawBufferPointer(start: current.start + offset, count: length)
        isLast = length == left
        offset = isLast ? 0 : offset + length
        if isLast { run += 1 }
        count += 1
        // SAFETY: as in next(); here the closure's parameter bounds the lifetime.
        try unsafe body(RawSpan(_unsafeBytes: memory), current.endpoint)
      }
    }
    return count
  }

  /// Lends every frame to a closure, one after the other, until the transport is closed: the usual receive loop.
  ///
  /// - Parameters:
  ///   - body: Called with each frame, which can't leave it. What it throws ends the loop, but for `.closed` when this
  ///     transport is: whoever answers over the same transport needs no case for its end.
  ///   - whenDrained: Called each time that all frames which had arrived have been lent, before more are waited for: the
  ///     place to send what was gathered meanwhile.
  /// - Throws: `.cancelled` when the task is cancelled while it waits, `.system` when the source fails, and what the
  ///   closures throw. Never `.closed` for this receiver's own transport. Frames not yet lent come with the next call.
  public mutating func forEach(
    _ body: (borrowing Frame) throws(TransportError) -> Void,
    whenDrained: () async throws(TransportError) -> Void = {}
  ) async throws(TransportError) {
    do throws(TransportError) {
      while true {
        while unsafe run >= lent.runs.count { try await refill() }
        try lendAll(body)
        try await whenDrained()
      }
    } catch {
      guard error.code == .closed, life.isClosed else { throw error }
    }
  }

  /// Lends what is left of the frames that were lent to this receiver.
  private mutating func lendAll(_ body: (borrowing Frame) throws(TransportError) -> Void) throws(TransportError) {
    while unsafe run < lent.runs.count {
      // SAFETY: run is an index of the lent runs, and offset lies within the run.
      let current = unsafe lent.runs[run]
      var isLast = false
      while !isLast {
        if life.isClosed { throw .closed }
        let left = unsafe current.byteCount - offset
        let length = unsafe min(current.frameLength, left)
        let memory = unsafe UnsafeRawBufferPointer(start: current.start + offset, count: length)
        isLast = length == left
        offset = isLast ? 0 : offset + length
        if isLast { run += 1 }
        // SAFETY: as in next(); here the closure's parameter bounds the lifetime.
        let bytes = unsafe RawSpan(_unsafeBytes: memory)
        try unsafe body(Frame(bytes: bytes, source: current.endpoint, local: current.local))
      }
    }
  }

  /// Waits until there is at least one frame, then lends all that have arrived as runs. For those who look at many frames
  /// at a time, and don't use the other forms beside this one.
  ///
  /// - Parameter body: Called once; the memory is unchanged until this receiver is used again.
  @unsafe
  package mutating func receiveRuns(_ body: (LentFrames) -> Void) async throws(TransportError) {
    try await refill()
    let all = unsafe lent
    run = unsafe all.runs.count
    unsafe body(all)
  }

  // MARK: For receivers built on this one

  /// Ends the wait of ``fill()`` that is under way, or of the next one that would wait. From any thread.
  package var interrupter: @Sendable () -> Void { { [source] in source.interrupt() } }

  /// Whether the transport is closed, by whomever.
  package var isClosed: Bool { life.isClosed }

  /// Lends what is left of the frames that were lent to this receiver, up to the first that the closure leaves.
  ///
  /// - Parameter body: Called with what a ``Frame`` is made of, which costs less than to make one. Returns whether it has taken the
  ///   frame. Otherwise that stays the next one. A frame for which it throws is taken.
  /// - Returns: Whether it has taken all of them.
  @inlinable
  package mutating func lendWhileTaken(
    _ body: (RawSpan, _ source: Endpoint, _ local: LocalAddress) throws(TransportError) -> Bool
  ) throws(TransportError) -> Bool {
    while unsafe run < lent.runs.count {
      // SAFETY: run is an index of the lent runs, and offset lies within the run.
      let current = unsafe lent.runs[run]
      var isLast = false
      while !isLast {
        if life.isClosed { throw .closed }
        let (place, start) = (run, offset)
        let left = unsafe current.byteCount - offset
        let length = unsafe min(current.frameLength, left)
        let memory = unsafe UnsafeRawBufferPointer(start: current.start + offset, count: length)
        isLast = length == left
        offset = isLast ? 0 : offset + length
        if isLast { run += 1 }
        // SAFETY: as in next(); here the closure's parameter bounds the lifetime.
        guard try unsafe body(RawSpan(_unsafeBytes: memory), current.endpoint, current.local) else {
          (run, offset) = (place, start)
          return false
        }
      }
    }
    return true
  }

  /// Waits until there is a frame to look at.
  /// - Returns: False if it was interrupted.
  package mutating func fill() async throws(TransportError) -> Bool {
    if unsafe run >= lent.runs.count { try await refill() }
    if life.isClosed { throw .closed }
    return unsafe run < lent.runs.count
  }

  /// The next frame, which stays the next one. Only after ``fill()`` has found one.
  package var nextFrame: Frame {
    @_lifetime(borrow self)
    get {
      var copy = (run, offset)
      let (memory, source, local) = unsafe Self.step(over: lent, &copy.0, &copy.1)
      // SAFETY: as in next(); here the borrow of self holds off whatever would ask for more.
      let frame = unsafe Frame(bytes: RawSpan(_unsafeBytes: memory), source: source, local: local)
      return unsafe _overrideLifetime(frame, borrowing: self)
    }
  }

  /// Takes the next frame. Only after ``fill()`` has found one. The caller binds it to the access to this receiver.
  @unsafe @_lifetime(immortal)
  package mutating func takeFrame() -> Frame {
    let (memory, source, local) = unsafe take()
    let frame = unsafe Frame(bytes: RawSpan(_unsafeBytes: memory), source: source, local: local)
    return unsafe _overrideLifetime(frame, copying: ())
  }

  /// Passes over the next frame. Only after ``fill()`` has found one.
  package mutating func skipFrame() { _ = unsafe take() }

  /// Steps over the next frame. The caller made sure that there is one.
  private mutating func take() -> (UnsafeRawBufferPointer, Endpoint, LocalAddress) {
    unsafe Self.step(over: lent, &run, &offset)
  }

  @inline(__always)
  private static func step(
    over lent: LentFrames, _ run: inout Int, _ offset: inout Int
  ) -> (UnsafeRawBufferPointer, Endpoint, LocalAddress) {
    // SAFETY: run is an index of the lent runs, and offset lies within the run.
    let current = unsafe lent.runs[run]
    let length = unsafe min(current.frameLength, current.byteCount - offset)
    let memory = unsafe UnsafeRawBufferPointer(start: current.start + offset, count: length)
    offset += length
    if unsafe offset >= current.byteCount {
      run += 1
      offset = 0
    }
    return unsafe (memory, current.endpoint, current.local)
  }

  private mutating func refill() async throws(TransportError) {
    unsafe lent = .none
    run = 0
    offset = 0
    guard let merged else { return unsafe lent = try await source.nextFrames() }
    // The steps of its nextFrames(): a call in between would cost each batch hundreds of instructions.
    if let told = try unsafe merged.takeTold() { return unsafe lent = told }
    do {
      unsafe lent = try await merged.waiting.nextFrames()
    } catch {
      unsafe lent = try merged.goOn(after: error)
    }
  }
}

extension Receiver {
  /// One receiver for what two transports receive, without a copy: whoever uses UDP and WSS at once reads both here.
  ///
  /// The two take turns, so that neither is starved: when one has lent what had arrived, the other is asked first. Frames
  /// say where they come from by their ``Frame/source``; give each WSS transport a beacon endpoint of its own.
  /// ``Frame/local`` means something to the transport that it came from only.
  ///
  /// Closing one transport ends its frames, but for those that were lent already, and nothing else. The merged receiver is
  /// closed when both transports are. An error of one that isn't its end is thrown once, and receiving goes on with the
  /// next call.
  ///
  /// - Parameters:
  ///   - first: The receiver of one transport; what it was lent and hasn't passed on comes first.
  ///   - second: That of another. Merge the result again for a third one.
  public static func merging(_ first: consuming Receiver, _ second: consuming Receiver) -> Receiver {
    let rests = [first.rest(), second.rest()]
    return Receiver(MergedSource(first.source, second.source, rests: rests))
  }

  /// The same receiver, whose frames are captured as they are lent to it.
  static func tapping(_ receiver: consuming Receiver, _ tap: CaptureTap) -> Receiver {
    let rest = receiver.rest()
    return Receiver(TappedSource(receiver.source, rest: rest, tap))
  }

  /// What this receiver was lent and has not passed on; nil if nothing.
  private func rest() -> LentRest? {
    guard unsafe run < lent.runs.count else { return nil }
    // SAFETY: run is an index of the lent runs, and offset lies within the first of them.
    var runs = unsafe Array(lent.runs[run...])
    unsafe runs[0].start += offset
    unsafe runs[0].byteCount -= offset
    return unsafe LentRest(runs)
  }
}
