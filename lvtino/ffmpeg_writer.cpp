#include "lvtino/ffmpeg_writer.hpp"

#include "lvtino/core/error.hpp"

#ifdef LVTINO_HAS_FFMPEG
#include <cstring>

#include "lvtino/core/file.hpp"
#include "lvtino/core/image_file.hpp"
#include "lvtino/ffmpeg_handles.hpp"
#include "lvtino/video_color.hpp"
#include "lvtino/y4m.hpp"
#endif

namespace lvtino {

#ifdef LVTINO_HAS_FFMPEG
namespace {

using ffmpeg::why;

struct Encoding {
  const char* encoder;
  const char* container;
  AVPixelFormat format;
  void (*options)(AVCodecContext&);
  void (*fill)(const Tensor& frame, AVFrame& out);  // frame [3, H, W]
};

class Encoder {
 public:
  Encoder(const std::string& path, const Encoding& encoding, std::int64_t height,
          std::int64_t width, double frames_per_second)
      : encoding_(encoding),
        file_(path),
        path_(path),
        frame_(av_frame_alloc()),
        packet_(av_packet_alloc()) {
    ffmpeg::be_quiet();
    const AVCodec* codec = avcodec_find_encoder_by_name(encoding.encoder);
    if (!codec)
      throw NotBuiltError(
          text("cannot write ", path, ": this FFmpeg has no encoder ", encoding.encoder));
    AVFormatContext* made = nullptr;
    check(avformat_alloc_output_context2(&made, nullptr, encoding.container,
                                         file_.temporary_path().c_str()));
    output_.reset(made);
    output_->flags |= AVFMT_FLAG_BITEXACT;  // no random identifiers: equal clips give equal files
    open_codec(*codec, int(height), int(width), frames_per_second);
    open_stream();
    frame_->format = encoding.format;
    frame_->width = codec_->width, frame_->height = codec_->height;
    check(av_frame_get_buffer(frame_.get(), 0));
  }

  void add(const Tensor& frame) {
    check(av_frame_make_writable(frame_.get()));
    encoding_.fill(frame, *frame_);
    frame_->pts = next_++;
    send(frame_.get());
  }

  void finish() {
    send(nullptr);
    check(av_write_trailer(output_.get()));
    check(avio_closep(&output_->pb));
    file_.commit();
  }

 private:
  void check(int result) const {
    if (result < 0) throw IoError(text("cannot write ", path_, ": ", why(result)));
  }

  void open_codec(const AVCodec& codec, int height, int width, double frames_per_second) {
    const FrameRate rate = frame_rate(frames_per_second);
    codec_.reset(avcodec_alloc_context3(&codec));
    codec_->width = width, codec_->height = height;
    codec_->pix_fmt = encoding_.format;
    codec_->framerate = {int(rate.numerator), int(rate.denominator)};
    codec_->time_base = av_inv_q(codec_->framerate);
    codec_->thread_count = 1;  // the bytes would depend on it
    codec_->flags |= AV_CODEC_FLAG_BITEXACT;
    if (output_->oformat->flags & AVFMT_GLOBALHEADER) codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    encoding_.options(*codec_);
    check(avcodec_open2(codec_.get(), &codec, nullptr));
  }

  void open_stream() {
    stream_ = avformat_new_stream(output_.get(), nullptr);
    if (!stream_) check(AVERROR(ENOMEM));
    check(avcodec_parameters_from_context(stream_->codecpar, codec_.get()));
    stream_->time_base = codec_->time_base;
    stream_->avg_frame_rate = stream_->r_frame_rate = codec_->framerate;
    check(avio_open(&output_->pb, file_.temporary_path().c_str(), AVIO_FLAG_WRITE));
    check(avformat_write_header(output_.get(), nullptr));
  }

  void send(const AVFrame* frame) {
    check(avcodec_send_frame(codec_.get(), frame));
    while (true) {
      const int result = avcodec_receive_packet(codec_.get(), packet_.get());
      if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return;
      check(result);
      packet_->duration = 1;
      packet_->stream_index = stream_->index;
      av_packet_rescale_ts(packet_.get(), codec_->time_base, stream_->time_base);
      check(av_interleaved_write_frame(output_.get(), packet_.get()));
    }
  }

  const Encoding& encoding_;
  AtomicFile file_;
  std::string path_;
  ffmpeg::Output output_;
  ffmpeg::Codec codec_;
  ffmpeg::Frame frame_;
  ffmpeg::Packet packet_;
  AVStream* stream_ = nullptr;
  std::int64_t next_ = 0;
};

void fill_bgr0(const Tensor& frame, AVFrame& out) {
  const Tensor bytes = quantize_8bit(frame).contiguous();
  const std::int64_t height = bytes.size(1), width = bytes.size(2), plane = height * width;
  const std::uint8_t* rgb = bytes.const_data_ptr<std::uint8_t>();
  for (std::int64_t row = 0; row < height; ++row) {
    std::uint8_t* line = out.data[0] + row * out.linesize[0];
    for (std::int64_t x = 0; x < width; ++x)
      for (int c = 0; c < 4; ++c)
        line[4 * x + c] = c < 3 ? rgb[(2 - c) * plane + row * width + x] : 0;
  }
}

void fill_yuv420(const Tensor& frame, AVFrame& out) {
  const YuvGrid grid = yuv_grid(frame.size(1), frame.size(2), 2, 2, true);
  const Tensor pixels = at::nan_to_num(frame, 0.0).clamp(0, 1).contiguous();
  const YuvPlanes planes = rgb_to_yuv(pixels, grid, yuv_code(kBt709, false));
  int index = 0;
  for (const Tensor& plane : {planes.y, planes.u, planes.v}) {
    const Tensor bytes = round_codes(plane);
    for (std::int64_t row = 0; row < bytes.size(0); ++row)
      std::memcpy(out.data[index] + row * out.linesize[index],
                  bytes.const_data_ptr<std::uint8_t>() + row * bytes.size(1),
                  std::size_t(bytes.size(1)));
    ++index;
  }
}

void lossless_options(AVCodecContext& codec) {
  codec.level = 3;
  codec.color_range = AVCOL_RANGE_JPEG;
  codec.colorspace = AVCOL_SPC_RGB;
}

void h264_options(AVCodecContext& codec) {
  codec.color_range = AVCOL_RANGE_MPEG;
  codec.colorspace = AVCOL_SPC_BT709;
  codec.color_primaries = AVCOL_PRI_BT709;
  codec.color_trc = AVCOL_TRC_BT709;
  codec.chroma_sample_location = AVCHROMA_LOC_LEFT;
  av_opt_set(codec.priv_data, "crf", "16", 0);
  av_opt_set(codec.priv_data, "preset", "medium", 0);
}

constexpr Encoding kLossless{"ffv1", "matroska", AV_PIX_FMT_BGR0, lossless_options, fill_bgr0};
constexpr Encoding kH264{"libx264", "mp4", AV_PIX_FMT_YUV420P, h264_options, fill_yuv420};

void encode(const std::string& path, const Encoding& encoding, const Tensor& frames,
            double frames_per_second) {
  Encoder encoder(path, encoding, frames.size(3), frames.size(4), frames_per_second);
  for (std::int64_t t = 0; t < frames.size(2); ++t) encoder.add(frames[0].select(1, t));
  encoder.finish();
}

}  // namespace

void encode_lossless(const std::string& path, const Tensor& frames, double frames_per_second) {
  encode(path, kLossless, frames, frames_per_second);
}

void encode_h264(const std::string& path, const Tensor& frames, double frames_per_second) {
  Tensor even = frames;
  for (const std::int64_t axis : {3, 4})
    if (even.size(axis) % 2 != 0)
      even = at::cat({even, even.narrow(axis, even.size(axis) - 1, 1)}, axis);
  encode(path, kH264, even, frames_per_second);
}

#else

void encode_lossless(const std::string& path, const Tensor&, double) {
  throw NotBuiltError(text("cannot write ", path, ": this build was made without FFmpeg"));
}

void encode_h264(const std::string& path, const Tensor&, double) {
  throw NotBuiltError(text("cannot write ", path, ": this build was made without FFmpeg"));
}

#endif

}  // namespace lvtino
