// expect: 'batch' is borrowed and cannot be consumed

// A batch is one piece of memory: it is lent to a transport, not copied.
import PilotTransport

func copy(_ batch: borrowing FrameBatch) {
  var copy = batch
  copy.removeAll()
}
