#include "lvtino/ffmpeg_packets.hpp"

#include "lvtino/core/error.hpp"

#ifdef LVTINO_HAS_FFMPEG
#include "lvtino/ffmpeg_handles.hpp"
#endif

namespace lvtino {

#ifdef LVTINO_HAS_FFMPEG

double read_jpeg_packets(const std::string& path, const std::function<bool(std::string_view)>& take) {
  ffmpeg::be_quiet();
  const auto check = [&](int result, const char* what) {
    if (result < 0) throw IoError(text(path, ": ", what, ": ", ffmpeg::why(result)));
    return result;
  };
  AVFormatContext* opened = nullptr;
  check(avformat_open_input(&opened, path.c_str(), nullptr, nullptr), "cannot open");
  const ffmpeg::Input input(opened);
  check(avformat_find_stream_info(opened, nullptr), "cannot find the streams");
  const int index = check(av_find_best_stream(opened, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0),
                          "no video stream");
  const AVStream& stream = *opened->streams[index];
  if (stream.codecpar->codec_id != AV_CODEC_ID_MJPEG)
    throw IoError(text(path, ": expected motion JPEG, the video is ",
                       avcodec_get_name(stream.codecpar->codec_id)));
  const ffmpeg::Packet packet(av_packet_alloc());
  bool more = true;
  while (more) {
    const int result = av_read_frame(opened, packet.get());
    if (result == AVERROR_EOF) break;
    check(result, "the file is damaged or truncated");
    const bool ours = packet->stream_index == index;
    const bool corrupt = (packet->flags & AV_PKT_FLAG_CORRUPT) != 0;
    std::string bytes;
    if (ours) bytes.assign(reinterpret_cast<const char*>(packet->data), std::size_t(packet->size));
    av_packet_unref(packet.get());
    if (!ours) continue;
    if (corrupt) throw IoError(text(path, ": the file is damaged or truncated"));
    more = take(bytes);
  }
  const AVRational rate = av_guess_frame_rate(opened, opened->streams[index], nullptr);
  return rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 0;
}

#else

double read_jpeg_packets(const std::string& path, const std::function<bool(std::string_view)>&) {
  throw NotBuiltError(text(path, ": this build reads no video files (it was made without FFmpeg)"));
}

#endif

}  // namespace lvtino
