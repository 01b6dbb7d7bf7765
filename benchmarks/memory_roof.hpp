#pragma once

namespace lvtino {

/// This machine's triad bandwidth in bytes a second: the best of several passes over arrays of
/// 256 MiB each, on as many threads as the kernels use.
///
/// Three words an element are counted (two read, one written). That the hardware reads a line
/// before it writes to it is counted neither here nor in the rows' traffic.
double triad_bandwidth();

}  // namespace lvtino
