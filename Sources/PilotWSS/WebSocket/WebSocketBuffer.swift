/// Memory that a decoder collects octets in, when a message can't be lent straight from the read.
///
/// It grows with what has arrived, never with what was announced: a header that promises 64 KiB costs nothing.
///
/// `@unchecked Sendable`: it owns its memory alone, and can't be copied.
@safe
struct WebSocketBuffer: ~Copyable, @unchecked Sendable {
  private var memory: UnsafeMutableRawBufferPointer?
  private(set) var count = 0

  init() {}

  deinit {
    // SAFETY: only this value owns the memory, and it ends here.
    if let memory = unsafe memory { unsafe memory.deallocate() }
  }

  var capacity: Int { unsafe memory?.count ?? 0 }

  /// What was appended since the last removal.
  var bytes: RawSpan {
    @_lifetime(borrow self)
    @inline(__always)
    get {
      // SAFETY: the first `count` octets are initialised; no mutation of this value, so no deallocation, can happen
      // while the borrow lasts.
      let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(start: memory?.baseAddress, count: count))
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Appends a copy of `source`, unmasked if it is masked.
  @inline(__always)
  mutating func append(_ source: RawSpan, unmaskedBy mask: WebSocketMask?) {
    reserve(source.byteCount)
    guard let memory = unsafe memory else { return }
    // SAFETY: the memory is ours alone, and its first `count` octets are initialised.
    var output = unsafe OutputRawSpan(buffer: memory, initializedCount: count)
    if let mask {
      mask.append(source, to: &output)
    } else {
      output.appendCopy(of: source)
    }
    count = unsafe output.finalize(for: memory)
  }

  /// Forgets the octets and keeps the memory.
  @inline(__always)
  mutating func removeAll() {
    count = 0
  }

  /// Forgets the octets, and gives the memory back if there are more than `limit` octets of it.
  @inline(__always)
  mutating func removeAll(keepingCapacityUpTo limit: Int) {
    count = 0
    if capacity > limit { release() }
  }

  @inline(never)
  private mutating func release() {
    // SAFETY: only this value owns the memory, and forgets it at once.
    if let memory = unsafe memory { unsafe memory.deallocate() }
    unsafe memory = nil
  }

  @inline(__always)
  private mutating func reserve(_ additional: Int) {
    if capacity &- count < additional { grow(by: additional) }
  }

  /// At least doubles, so that a message in many parts is copied a bounded number of times.
  @inline(never)
  private mutating func grow(by additional: Int) {
    let needed = max(count + additional, 2 * capacity, 128)
    // SAFETY: the new memory holds at least `count` octets; the old is freed after they were copied.
    let grown = UnsafeMutableRawBufferPointer.allocate(byteCount: needed, alignment: 16)
    if let old = unsafe memory {
      unsafe grown.copyMemory(from: UnsafeRawBufferPointer(rebasing: old[..<count]))
      unsafe old.deallocate()
    }
    unsafe memory = grown
  }
}

extension OutputRawSpan {
  /// Appends a copy of `source`, for which there must be room.
  @inline(__always)
  @_lifetime(self: copy self)
  mutating func appendCopy(of source: RawSpan) {
    let count = source.byteCount
    precondition(count <= freeCapacity)
    // SAFETY: `count` octets are readable, and were just checked to be writable; an output span is exclusive.
    unsafe source.withUnsafeBytes { input in
      unsafe withUnsafeMutableBytes { memory, initialized in
        guard let from = input.baseAddress, let start = memory.baseAddress else { return }
        unsafe (start + initialized).copyMemory(from: from, byteCount: count)
        initialized &+= count
      }
    }
  }
}
