import Benchmark
import PilotTransport
import PilotWire

private let bytes = [UInt8](repeating: 7, count: 1200)
private let endpoints = (0..<16).map { Endpoint(ipv4: 127, 0, 0, 1, port: 4_000 + $0) }

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .throughput, .mallocCountTotal], scalingFactor: .kilo)
  for length in [64, 1200] {
    for destinations in [1, 16] {
      Benchmark("FrameBatch: append \(length) B, to \(destinations)") { benchmark in
        var batch = FrameBatch()
        let frame = bytes.span.bytes.extracting(first: length)
        benchmark.startMeasurement()
        for index in benchmark.scaledIterations where !batch.append(frame, to: endpoints[index % destinations]) {
          batch.removeAll()
        }
        benchmark.stopMeasurement()
        blackHole(batch.count)
      }
    }
    Benchmark("FrameQueue: push and receive \(length) B, by 32") { benchmark in
      let queue = FrameQueue()
      var receiver = Receiver(queue)
      let frame = bytes.span.bytes.extracting(first: length)
      var received = 0
      benchmark.startMeasurement()
      for index in benchmark.scaledIterations {
        queue.push(frame, from: endpoints[0])
        if index % 32 == 31 { received += try await receiver.receive { _, _ in } }
      }
      benchmark.stopMeasurement()
      blackHole(received)
    }
  }
}
