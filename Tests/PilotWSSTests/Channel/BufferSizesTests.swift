import NIOCore
import Testing

@testable import PilotWSS

@Suite struct BufferSizesTests {
  @Test func `a burst is read into large buffers, and what follows into the small one that was kept`() {
    var allocator = BurstRecvByteBufferAllocator(burst: 65_536)
    #expect(allocator.buffer(allocator: ByteBufferAllocator()).capacity == 2_048)
    for (read, next) in [(1_300, 2_048), (2_048, 65_536), (65_536, 65_536), (100, 2_048)] {
      let needsAnother = allocator.record(actualReadBytes: read)
      #expect(needsAnother == (next > 2_048))
      #expect(allocator.buffer(allocator: ByteBufferAllocator()).capacity == next)
    }
  }

  @Test func `a channel keeps the small buffer only`() {
    var pool = NIOPooledRecvBufferAllocator(capacity: 1, recvAllocator: BurstRecvByteBufferAllocator(burst: 65_536))
    for bytes in [2_048, 65_536, 10_000, 1_200, 30] {
      let (buffer, _) = pool.buffer(allocator: ByteBufferAllocator()) { $0.writeRepeatingByte(1, count: 1) }
      #expect(buffer.capacity >= bytes)
      pool.record(actualReadBytes: bytes)
    }
    let (kept, _) = pool.buffer(allocator: ByteBufferAllocator()) { _ in }
    #expect(pool.count == 1)
    #expect(kept.capacity == 2_048)
  }
}
