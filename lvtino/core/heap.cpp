#include "lvtino/core/heap.hpp"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace lvtino {

void keep_heap_pages() {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);                 // large arrays from the heap, not from the system
  mallopt(M_TRIM_THRESHOLD, 0x7fffffff);  // and their pages kept when freed
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

void release_heap_pages() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace lvtino
