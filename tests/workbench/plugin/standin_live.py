"""A small Gradio app in the place of the real one."""

import gradio as gr

MOUNT: dict = {}


def build() -> gr.Blocks:
    with gr.Blocks() as demo:
        text = gr.Textbox()
        text.submit(lambda value: value[::-1], text, text, api_name="reverse")
    return demo
