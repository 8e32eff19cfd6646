package import NIOCore

/// How much a connection reads, encodes and writes at a time, in bytes: what its buffers grow to.
package struct BufferSizes: Sendable, Equatable {
  /// A read, as long as the one before has filled its buffer.
  package var read: Int
  /// A chunk of encoded messages. Over TLS, it becomes one record of up to 16 KiB.
  package var chunk: Int
  /// Chunks are flushed together until they have so many: less than a chunk, so that a full one goes by itself.
  package var flush: Int

  /// For throughput: a few system calls for a burst of frames.
  package static let large = BufferSizes(read: 65_536, chunk: 64_000, flush: 48_000)

  /// For thousands of TLS connections in one process: SwiftNIO SSL keeps, for as long as a connection lives, buffers as large
  /// as its largest read and its largest flush.
  package static let small = BufferSizes(read: 16_384, chunk: 16_000, flush: 12_000)

  /// Applies the size of reads to a channel. To be called before it reads.
  package func apply(to channel: any Channel) throws {
    let options = channel.syncOptions
    try options?.setOption(.recvAllocator, value: BurstRecvByteBufferAllocator(burst: read))
    // More than one would make the channel keep the buffers of a burst.
    try options?.setOption(.maxMessagesPerRead, value: 1)
  }
}

/// Gives reads a buffer that the channel keeps, and a burst that fills it a larger one, which the channel doesn't keep.
///
/// SwiftNIO's adaptive allocator remembers a burst until several small reads have come, which on an idle connection takes
/// minutes of pings.
package struct BurstRecvByteBufferAllocator: RecvByteBufferAllocator {
  /// Room for a ping, and for one frame of the usual size.
  private static let kept = 2_048

  private let burst: Int
  private var isBurst = false

  /// - Parameter burst: The size of reads while each fills its buffer, in bytes.
  package init(burst: Int) {
    self.burst = max(burst, Self.kept)
  }

  package func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
    allocator.buffer(capacity: isBurst ? burst : Self.kept)
  }

  /// - Returns: Whether the next read needs a buffer of its own instead of the one that was kept.
  package mutating func record(actualReadBytes: Int) -> Bool {
    isBurst = actualReadBytes >= Self.kept
    return isBurst
  }
}
