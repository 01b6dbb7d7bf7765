#pragma once

namespace lvtino {

/// Tells the allocator to keep freed pages: a fresh video-sized array otherwise costs a page fault
/// for every 4 KiB, more than most of our passes over memory. For programs, once, at their start.
void keep_heap_pages();

}  // namespace lvtino
